"""The plug-in that sorts logos into four types: it trains, evaluates, versions and serves models."""

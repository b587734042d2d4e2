"""Where logos come from, how they get labels and how they are split."""

"""What people do with model versions: register, promote, evaluate, measure, import."""

"""What people do with datasets: build, import, check labels, preview augmentation."""

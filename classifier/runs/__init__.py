"""What people do with training runs: start, cancel, resume, carry out, analyse."""

"""What `make run` starts and watches: the web process, workers and a broker of its own."""

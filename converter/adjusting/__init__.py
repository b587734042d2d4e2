"""What people change about a drawing: the ground before it is traced, its colours after."""

"""What can be said of a product from its pictures alone: its colours, and what its neighbours in the catalogue are."""

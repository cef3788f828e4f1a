"""Ways to learn, from seconds to hours: each file is one, readable top to bottom."""

"""The command line: words to calls, results to text or JSON. One file a command."""

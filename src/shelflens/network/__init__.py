"""An ONNX network: its files, their digest, and a session that runs it. What embedders and classifiers share."""

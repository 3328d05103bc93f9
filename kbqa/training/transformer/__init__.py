"""How a small transformer bi-encoder and a cross-encoder reranker are trained from nothing but files of pairs.

    pairs ─► tokenizer ─► pretrain ─► biencoder ─► crossencoder ─► export

Every stage writes a folder of its own and can be run, resumed and repeated by itself. Nothing at run time imports this
package: the folders it writes are plain sentence-transformers models. It needs the `training` extra, and the last
stage `onnx`, `onnxruntime` and `onnxscript`. Run `python -m kbqa.training.transformer --help`.
"""

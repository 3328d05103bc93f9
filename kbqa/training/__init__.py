"""How the embedded static model was made: pairs in, `kbqa/models/static-zh-en` out.

    registry ─► pairs ─► vocabulary ─► train ─► export (+ card) ─► evaluate

Nothing at run time imports this package; the reader that ships is `kbqa.indexing.static_model`. It needs the
`training` extra (`accelerate`, `datasets`). Run `python -m kbqa.training --help`.
"""

"""The web app: tabs over one `Site`, and what they share. A callback parses, makes one library call and renders.

site.py, words.py       what every tab is built over, and who may do what; texts in both languages
links.py, markup.py     a place in a note as a URL fragment; the only place where text of a note becomes HTML
look.py, early.py       theme, style sheets, scripts, and what has to run before Gradio
gate.py, login.py, sessions.py, accounts.py     who gets in, and what is open at all
api.py                  the endpoints for programs and MCP
quick.py                Gradio imported without writing its stubs

chat.py                 问答: conversation, with bar.py, render.py and note.py (the sources panel)
learn.py                新人入门: moves and pages, with learn_*.py
evaluate.py             批量评测: runs, with evaluate_page.py and comparison.py
notes.py                知识库: browse.py, glossary*.py, upload.py, rebuild.py, archive.py, checks.py, probe*.py, worklist*.py
"""

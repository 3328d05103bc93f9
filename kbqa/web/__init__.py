"""The web app: one file a tab, and what the tabs share.

    site.py     what every tab is built over: notes, state folder, who may do what
    words.py    texts in both languages and the switch between them
    links.py    a place in a note as a URL fragment, so that every message keeps its own citations
    markup.py   what every piece of markup is made with; the only place where text of a note becomes HTML
    render.py   questions and answers as HTML
    note.py     the sources panel: a note with the quoted sentence highlighted
    look.py     theme, style sheet, page script and the fixed parts of the page
    chat.py     the chat tab

A callback parses, makes one library call and renders. Nothing here decides what an answer is.
"""

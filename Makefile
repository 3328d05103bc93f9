# Two commands do everything on a fresh machine with Python 3.10 to 3.13: `make chat` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NOTES ?= corpus
INDEX ?= index
HOST ?= 127.0.0.1
PORT ?= 7860

.PHONY: chat index test lint bench load bench-quality clean tune glossary screenshots
.DEFAULT_GOAL := chat

chat: index ## build what is missing, then serve the web chat
	$(BIN)/python app.py --index $(INDEX) --notes $(NOTES) --host $(HOST) --port $(PORT)

index: $(VENV)/.installed ## bring the index of NOTES up to date (nothing happens if it is)
	$(BIN)/kbqa index --notes $(NOTES) --index $(INDEX)

test: $(VENV)/.tested $(VENV)/.browser ## lint, run all tests, hold the answers to the judged questions to required figures
	$(BIN)/ruff check .
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile
	$(BIN)/kbqa eval tests/golden/handbook.jsonl --notes corpus --out out/handbook --require tests/golden/required.txt
	for name in community product; do $(BIN)/kbqa eval tests/golden/folders/$$name/questions.jsonl \
	  --notes tests/golden/folders/$$name/notes --out out/$$name --require tests/golden/folders/required.txt || exit 1; done

bench: $(VENV)/.installed ## measure speed and memory; SEEDS=folder adds a folder of your own
	$(BIN)/python -m bench.run $(if $(SEEDS),--notes $(SEEDS))

tune: $(VENV)/.tuning ## adapt the embedded model to NOTES; FEEDBACK=file adds answers marked right, UNDO=1 goes back
	$(BIN)/kbqa tune --notes $(NOTES) --index $(INDEX) $(if $(FEEDBACK),--feedback $(FEEDBACK)) $(if $(UNDO),--undo)

load: $(VENV)/.tested $(VENV)/.browser index ## 30 people ask the running app at once: start and end of answers, errors, memory, first paint
	$(BIN)/python -m bench.load --index $(INDEX) --notes $(NOTES)

bench-quality: $(VENV)/.bench ## retrieval on the BEIR folders SETS="dir dir"; ENCODERS="a b" adds encoders
	$(BIN)/python -m bench.quality $(SETS) $(foreach encoder,$(ENCODERS),--encoder $(encoder))

glossary: index ## write docs/glossary.md anew
	$(BIN)/kbqa terms export docs/glossary.md --index $(INDEX)

screenshots: index $(VENV)/.tested $(VENV)/.browser ## take the pictures in docs/screenshots anew
	$(BIN)/python -m tools.screenshots --index $(INDEX)

lint: $(VENV)/.tested
	$(BIN)/ruff check .

clean:
	rm -rf $(VENV) $(INDEX)/generations $(INDEX)/CURRENT $(INDEX)/building-* $(INDEX)/tuned-*

# torch comes first and alone, so that its CPU build is in place before anything else asks for torch.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r constraints.txt
	$(PIP) -c constraints.txt -e .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(PIP) -c constraints.txt -e ".[bench,training,test]"
	touch $@

$(VENV)/.tuning: $(VENV)/.installed
	$(PIP) -c constraints.txt -e ".[training]"
	touch $@

$(VENV)/.bench: $(VENV)/.installed
	$(PIP) -c constraints.txt -e ".[bench]"
	touch $@

# Browser tests need Chromium and a Chinese font; where apt-get may not install them, those tests say so and are skipped.
$(VENV)/.browser: | $(VENV)/.tested
	command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q . || sh tools/install-browser.sh
	if command -v chromium >/dev/null; then touch $@; fi

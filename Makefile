PYTHON ?= python3
SYSTEM_PACKAGES := poppler-utils:pdftoppm tesseract-ocr:tesseract tesseract-ocr-eng tesseract-ocr-kor tesseract-ocr-vie
DRAWING_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-nanum

.NOTPARALLEL:
.PHONY: .venv dev system drawing demo test faults check train-demo benchmark clean

.venv: .venv/installed
dev: .venv/installed-dev

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --constraint constraints.txt --editable .
	touch $@

.venv/installed-dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --constraint constraints.txt --editable '.[dev]'
	touch .venv/installed $@

system:
	@scripts/system_packages $(SYSTEM_PACKAGES)

# What the tests that draw tables need, apart, so that neither set is kept back by a package that a system does not know
drawing:
	@scripts/system_packages $(DRAWING_PACKAGES)

# 3 is docai's code for "some documents or pages failed": the demo says so and shows the rest
demo: .venv system
	rm -rf build/demo
	@status=0; \
	.venv/bin/docai extract examples/documents -o build/demo --to json,md,html,xlsx,txt,pdf --overlay || status=$$?; \
	case $$status in \
		0) ;; \
		3) echo "Some documents or pages could not be read in full; their problems stand in the JSON files." >&2 ;; \
		*) exit $$status ;; \
	esac
	@for kind in 'JSON:*.json' 'Markdown:*.md' 'HTML:*.html' 'XLSX:*.xlsx' 'Text:*.txt' 'PDF:*.pdf' 'Figures:*.figures/*' 'Overlays:*.overlay/*'; do \
		printf '\n%s:\n' "$${kind%%:*}"; \
		find build/demo -type f -path "$${kind#*:}" | sort | sed 's/^/  /'; \
	done

test: dev system drawing
	.venv/bin/pytest -n auto

# Each fault that documents, disks and systems can have, how it ends, and whether that is well: build/faults.json
faults: dev system drawing
	DOCAI_FUZZ_EXAMPLES=$${DOCAI_FUZZ_EXAMPLES:-500} .venv/bin/python -m pytest -n auto -q -p tests.faults.report -m "faults or not faults" tests/faults tests/test_faults.py

check: dev system drawing
	scripts/check

# A small model goes through the four stages of training, in at most 20 minutes on two cores
train-demo: dev drawing
	rm -rf build/train-demo
	.venv/bin/python -m fine_tune demo -o build/train-demo

benchmark: dev
	.venv/bin/python scripts/benchmark.py

clean:
	rm -rf .venv build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

"""Write ../tasks: the prose and the words that the app's tasks are made of.

    python3 task_data.py --corpus DIR --out ../tasks

haystack.txt: passages of the haystack books, none of which is trained on. words.json: the names, and the value
words, all of them words that never stand as a value in training.
"""
import argparse
import json
import os
import re

from documents import HAYSTACK, NAMES, VALIDATION, books, held, value_words

PASSAGE = 60_000  # characters of each book


def passage(text):
    """Whole paragraphs from the middle of a book, one per line."""
    text = text[len(text) // 3:]
    text = text[text.index("\n\n") + 2:] if "\n\n" in text[:20000] else text[text.index("\n") + 1:]
    lines = [re.sub(r"\s+", " ", x).strip() for x in re.split(r"\n+", text)]
    out, size = [], 0
    for x in lines:
        if size >= PASSAGE:
            break
        if len(x) > 80 and x[0].isascii() and (x[0].isupper() or x[0] == '"') and re.search(r'[.!?]"?$', x):
            out.append(x)
            size += len(x) + 1
    return "\n".join(out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--corpus", required=True)
    p.add_argument("--out", required=True)
    args = p.parse_args()
    os.makedirs(args.out, exist_ok=True)
    words = [w for w in value_words(t for _, t in books(args.corpus, leave=VALIDATION + HAYSTACK)) if held(w)]
    with open(os.path.join(args.out, "haystack.txt"), "w", encoding="utf-8") as f:
        f.write("\n".join(passage(t) for _, t in books(args.corpus, HAYSTACK)) + "\n")
    with open(os.path.join(args.out, "words.json"), "w", encoding="utf-8") as f:
        json.dump({"names": NAMES, "values": words}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()

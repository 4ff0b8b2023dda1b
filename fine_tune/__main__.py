"""`python -m fine_tune` is the training command."""

from fine_tune.cli import main

if __name__ == "__main__":
    main()

"""``python -m scripts.probe URL``: exit 0 when it answers with a 2xx status, else 1. The health check of the images."""

import sys
import urllib.error
import urllib.request


def main(url: str) -> int:
    """0 when ``url`` answers well within three seconds, else 1 with one line on standard error."""
    try:
        with urllib.request.urlopen(url, timeout=3):  # noqa: S310 -- the URL is our own, from the image
            return 0
    except (OSError, ValueError, urllib.error.URLError) as error:
        print(f"probe: {url}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

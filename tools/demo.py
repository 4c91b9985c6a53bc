#!/usr/bin/python3
"""The demo organisation of quickstart: people by the command line, requests by form, API, signed webhook and e-mail."""
import argparse, pathlib, secrets, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tests' / 'lib'))
from house import House, HouseError  # noqa: E402


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--prefix', required=True)
    p.add_argument('--build', required=True)
    a = p.parse_args()
    h = House(a.prefix, a.build)
    h.attach()
    return 0


if __name__ == '__main__':
    sys.exit(main())

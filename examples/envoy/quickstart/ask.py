"""Asks for a host many times and counts the answers: python3 ask.py ADDRESS HOST TIMES"""

import sys
from collections import Counter
from http.client import HTTPConnection

ADDRESS, HOST, TIMES = sys.argv[1], sys.argv[2], int(sys.argv[3])

answers = Counter()
connection = HTTPConnection(ADDRESS, timeout=10)
for _ in range(TIMES):
    connection.request("GET", "/", headers={"host": HOST})
    answer = connection.getresponse()
    text = answer.read().decode().strip()
    answers[text if answer.status == 200 else f"{answer.status} {text}"] += 1
for text, count in sorted(answers.items()):
    print(f"{text}: {count}")

"""The chat, as a person at a terminal has it."""

import json
import os
import re
import stat
import time

from support import PROGRAM, TINY, CliTest, Terminal

CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"


class Chat(CliTest):
    def chat(self, *flags, model=TINY):
        terminal = Terminal([PROGRAM, "run", model, "-n", "6", "-c", "512", *flags],
                            self.environment, self.home)
        self.addCleanup(terminal.close)
        terminal.read_prompt()
        return terminal

    def say(self, terminal, text):
        terminal.type(text + "\r")
        return terminal.read_prompt()

    def test_answers_and_leaves(self):
        terminal = self.chat("--stats", "--seed", "1")
        answer = self.say(terminal, "hello")
        self.assertIn("tokens/s", answer)
        terminal.type(CTRL_D)
        self.assertEqual(terminal.finish(), 0)

    def test_turns_build_on_each_other(self):
        terminal = self.chat("--stats")
        first = re.search(r"(\d+) prompt tokens \((\d+) computed", self.say(terminal, "one"))
        second = re.search(r"(\d+) prompt tokens \((\d+) computed", self.say(terminal, "two"))
        self.assertGreater(int(second[1]), int(first[1]))
        self.assertLess(int(second[2]), int(second[1]))  # the rest was remembered

    def test_quit(self):
        terminal = self.chat()
        terminal.type("/quit\r")
        self.assertEqual(terminal.finish(), 0)

    def test_ctrl_c_at_the_prompt(self):
        terminal = self.chat()
        terminal.type("half a line" + CTRL_C)
        terminal.read_prompt()
        terminal.type(CTRL_C)
        terminal.read_until("once more")
        terminal.read_prompt()
        terminal.type(CTRL_C)
        self.assertEqual(terminal.finish(), 0)

    def test_ctrl_c_stops_the_answer_and_not_the_program(self):
        terminal = self.chat("-n", "-1", "-c", "200000", "--temp", "2", "--top-k", "0", "--top-p",
                             "1", "--min-p", "0", "--device", "reference")
        for _ in range(60):  # a random model may end an answer by itself
            terminal.type("go on\r")
            time.sleep(0.05)
            terminal.type(CTRL_C)
            if "[stopped]" in terminal.read_prompt():
                break
            terminal.read_some(0.3)
        else:
            self.fail("no answer was stopped")
        self.assertIsNone(terminal.program.poll())
        terminal.type("/help\r")
        self.assertIn("/system", terminal.read_until("/system"))

    def test_slash_commands(self):
        terminal = self.chat()
        listed = self.say(terminal, "/help")
        for command in ("/system", "/set", "/clear", "/save", "/load", "/stats", "/quit"):
            self.assertIn(command, listed)
        self.assertIn("no system message", self.say(terminal, "/system"))
        self.say(terminal, "/system You are terse.")
        self.assertIn("You are terse.", self.say(terminal, "/system"))
        self.assertIn("no command", self.say(terminal, "/frobnicate"))
        self.assertIn("temp = ", self.say(terminal, "/set"))
        self.assertIn("not a number", self.say(terminal, "/set temp hot"))
        self.say(terminal, "/set temp 0.5")
        self.assertIn("temp = 0.5", self.say(terminal, "/set temp"))
        self.assertIn("Context:", self.say(terminal, "/stats"))

    def test_save_and_load(self):
        terminal = self.chat("--system", "Be kind.")
        self.say(terminal, "hello")
        self.say(terminal, "/save talk.json")
        with open(self.path("talk.json"), encoding="utf-8") as file:
            messages = json.load(file)["messages"]
        self.assertEqual([message["role"] for message in messages], ["system", "user", "assistant"])
        self.assertIn("exists", self.say(terminal, "/save talk.json"))
        self.assertIn("cannot", self.say(terminal, "/save no/such/folder.json"))
        self.say(terminal, "/clear")
        self.assertIn("Loaded 2", self.say(terminal, "/load talk.json"))

    def test_several_lines(self):
        terminal = self.chat()
        terminal.type('"""one\r')
        terminal.read_until("... ")
        terminal.type('two"""\r')
        terminal.read_prompt()
        terminal.type("three\\\r")
        terminal.read_until("... ")
        terminal.type("four\r")
        terminal.read_prompt()
        self.say(terminal, "/save talk.json")
        with open(self.path("talk.json"), encoding="utf-8") as file:
            messages = json.load(file)["messages"]
        self.assertEqual(messages[0]["content"], "one\ntwo")
        self.assertEqual(messages[2]["content"], "three\nfour")

    def test_a_last_line_of_quotes_adds_none(self):
        terminal = self.chat()
        terminal.type('"""\r')
        terminal.read_until("... ")
        terminal.type("one\r")
        terminal.read_until("... ")
        terminal.type('"""\r')
        terminal.read_prompt()
        self.say(terminal, "/save talk.json")
        with open(self.path("talk.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["messages"][0]["content"], "one")

    def test_history_is_kept_and_private(self):
        terminal = self.chat()
        self.say(terminal, "remember me")
        terminal.type(CTRL_D)
        terminal.finish()
        path = self.path(".local/state/ingle/history")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        terminal = self.chat()
        terminal.type(UP)
        self.assertIn("remember me", terminal.read_until("remember me"))

    def test_unicode(self):
        terminal = self.chat()
        self.say(terminal, "naïve ✓ 我")
        self.say(terminal, "/save talk.json")
        with open(self.path("talk.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["messages"][0]["content"], "naïve ✓ 我")

    def test_tab_completes_commands(self):
        terminal = self.chat()
        terminal.type("/sta\t\r")
        self.assertIn("Context:", terminal.read_prompt())

    def test_no_color(self):
        for value, coloured in (("", True), ("1", False)):
            self.environment["NO_COLOR"] = value
            terminal = Terminal([PROGRAM, "run", TINY], self.environment, self.home)
            self.addCleanup(terminal.close)
            self.assertEqual("\x1b[1m" in terminal.read_prompt(), coloured)

    def test_a_conversation_longer_than_the_context(self):
        terminal = self.chat("-c", "64")
        self.assertIn("/clear", self.say(terminal, "x" * 90))
        self.say(terminal, "hello")


class OneShotInATerminal(CliTest):
    def test_ends_with_a_newline(self):
        terminal = Terminal([PROGRAM, "run", TINY, "the", "--raw", "--temp", "0", "-n", "4"],
                            self.environment, self.home)
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.finish(), 0)
        self.assertTrue(terminal.output.endswith("\n"))

    def test_control_characters_of_a_model_do_not_reach_the_terminal(self):
        terminal = Terminal([PROGRAM, "run", TINY, "x", "--raw", "--temp", "3", "--top-k", "0",
                             "--top-p", "1", "--min-p", "0", "-n", "60"],
                            self.environment, self.home)
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.finish(), 0)
        self.assertIsNone(re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]", terminal.output))

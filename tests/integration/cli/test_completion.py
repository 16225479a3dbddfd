"""Completion scripts, in the shells that are here."""

import os
import shutil
import subprocess

from support import PROGRAM, CliTest


class Completion(CliTest):
    def script(self, shell):
        return self.write(f"completion.{shell}", self.ok("completion", shell))

    def shell(self, shell, *arguments):
        path = shutil.which(shell)
        if path is None:
            self.skipTest(f"no {shell} here")
        # The script calls the program by its name.
        os.makedirs(self.path("bin"), exist_ok=True)
        if not os.path.exists(self.path("bin/ingle")):
            os.symlink(os.path.abspath(PROGRAM), self.path("bin/ingle"))
        environment = dict(self.environment)
        environment["PATH"] = self.path("bin") + ":" + environment["PATH"]
        done = subprocess.run([path, *arguments], capture_output=True, env=environment,
                              cwd=self.home, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def bash(self, *words):
        line = " ".join(words)
        quoted = " ".join(f"'{word}'" for word in words)
        commands = (f"source '{self.script('bash')}'; COMP_WORDS=({quoted}); "
                    f"COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; _ingle; "
                    "printf '%s\\n' \"${COMPREPLY[@]}\"")
        return self.shell("bash", "--norc", "-c", commands).split()

    def test_bash(self):
        self.assertEqual(self.bash("ingle", "pu"), ["pull"])
        self.assertEqual(self.bash("ingle", "run", "--top-"), ["--top-k", "--top-p"])
        self.assertIn("-n", self.bash("ingle", "run", "-"))
        self.assertIn("--no-think", self.bash("ingle", "run", "--no"))
        self.assertEqual(self.bash("ingle", "run", "--device", ""), ["cpu", "reference"])
        self.assertEqual(self.bash("ingle", "run", "--device", "=", "r"), ["reference"])
        self.assertEqual(self.bash("ingle", "run", "--device", "="), ["cpu", "reference"])
        self.assertEqual(self.bash("ingle", "run", "smol"), ["smollm2"])
        self.assertEqual(self.bash("ingle", "completion", "z"), ["zsh"])
        self.assertEqual(self.bash("ingle", "inspect", "--graph", ""), ["text", "dot"])
        self.write("model.gguf", "")
        self.assertEqual(self.bash("ingle", "inspect", "mod"), ["model.gguf"])

    def test_zsh_accepts_the_script(self):
        script = self.script("zsh")
        self.shell("zsh", "-f", "-n", script)
        text = self.shell("zsh", "-f", "-c", "autoload -U compinit; compinit -u -D; "
                          f"source {script}; print -r -- $_comps[ingle]")
        self.assertEqual(text.strip(), "_ingle")

    def fish(self, line):
        text = self.shell("fish", "--no-config", "-c",
                          f"source {self.script('fish')}; complete -C '{line}'")
        return [row.split("\t")[0] for row in text.splitlines()]

    def test_fish(self):
        self.assertIn("pull", self.fish("ingle pu"))
        self.assertEqual(self.fish("ingle run --top-"), ["--top-k", "--top-p"])
        self.assertEqual(self.fish("ingle run --device r"), ["reference"])
        self.assertIn("smollm2", self.fish("ingle run smol"))
        self.assertIn("zsh", self.fish("ingle completion z"))

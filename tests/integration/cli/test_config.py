"""A flag over an environment variable over the configuration file."""

import os
import platform

from support import CliTest


class Config(CliTest):
    def setting(self, key, **options):
        report = self.ok_json("doctor", "--json", **options)
        return {row["key"]: (row["value"], row["from"]) for row in report["settings"]}[key]

    def test_file_then_environment(self):
        config = self.write_config('# mine\ntemp = 0.25\nmodel = "other"\nstop = ["a", "b"]\n')
        self.assertEqual(self.setting("temp"), ("0.25", f"{config}:2"))
        self.assertEqual(self.setting("model"), ("other", f"{config}:3"))
        self.assertEqual(self.setting("stop"), ("'a', 'b'", f"{config}:4"))
        self.assertEqual(self.setting("temp", env={"INGLE_TEMP": "0.5"}), ("0.5", "INGLE_TEMP"))
        self.assertEqual(self.setting("stop", env={"INGLE_STOP": "c"}), ("'c'", "INGLE_STOP"))

    def test_defaults_show_in_help_and_flags_win(self):
        self.write_config("top_k = 7\n")
        self.assertIn("[7]", self.ok("run", "--help"))
        self.fails(2, "run", "--top-k", "x", env={"INGLE_TOP_K": "3"})

    def test_every_setting_has_a_variable(self):
        report = self.ok_json("doctor", "--json")
        for row in report["settings"]:
            name = "INGLE_" + row["key"].upper()
            words = {"device": "reference", "cache_type": "f32", "speculate": "off"}
            value = words.get(row["key"], "1")
            with self.subTest(name=name):
                self.assertEqual(self.setting(row["key"], env={name: value})[1], name)

    def test_wrong_environment_is_wrong_usage(self):
        self.assertIn("INGLE_TEMP", self.fails(2, "list", env={"INGLE_TEMP": "hot"}))
        self.assertIn("INGLE_OFFLINE", self.fails(2, "list", env={"INGLE_OFFLINE": "maybe"}))
        self.assertIn("INGLE_CPU", self.fails(2, "list", env={"INGLE_CPU": "i386"}))
        # All digits of a limit, not "2.14748e+09".
        self.assertIn("is more than 2147483647", self.fails(2, "list", env={"INGLE_TOP_K": "1e12"}))
        other = "avx2" if platform.machine() == "aarch64" else "neon"
        self.assertIn("scalar", self.fails(2, "list", env={"INGLE_CPU": other}))

    def test_wrong_environment_leaves_help_and_doctor(self):
        wrong = {"INGLE_TEMP": "hot"}
        self.ok("--version", env=wrong)
        self.ok("run", "--help", env=wrong)
        self.ok("completion", "bash", env=wrong)
        done = self.run_ingle("doctor", env=wrong)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout.decode(), "broken +environment +.*INGLE_TEMP")

    def test_doctor_names_variables_that_nothing_reads(self):
        self.assertIn("nothing reads INGLE_TMEP", self.ok("doctor", env={"INGLE_TMEP": "1"}))

    def test_mistakes_name_file_line_and_key(self):
        for text, where in (
            ("temp = 1\nheat = 2\n", "config.toml:2: heat"),
            ("\ntemp = 'hot'\n", "config.toml:2: temp"),
            ("top_k = 1.5\n", "config.toml:1: top_k"),
            ("top_p = 2\n", "config.toml:1: top_p"),
            ("offline = 1\n", "config.toml:1: offline"),
            ("stop = [1]\n", "config.toml:1: stop"),
            ("device = 'gpu'\n", "config.toml:1: device"),
            ("temp = [0.1]\n", "config.toml:1: temp"),
            ("temp = \n", "config.toml:1"),
            ("[run]\ntemp = 1\n", "run"),
        ):
            with self.subTest(text=text):
                self.write_config(text)
                self.assertIn(where, self.fails(1, "list"))
                self.ok("--help")  # which needs no configuration
                self.ok("completion", "bash")

    def test_xdg_folders(self):
        config = self.write("elsewhere/ingle/config.toml", "temp = 0.125\n")
        environment = {"XDG_CONFIG_HOME": self.path("elsewhere"),
                       "XDG_DATA_HOME": self.path("data")}
        self.assertEqual(self.setting("temp", env=environment), ("0.125", f"{config}:1"))
        store = self.ok_json("list", "--json", env=environment)["store"]
        self.assertEqual(store, self.path("data", "ingle", "models"))
        store = self.ok_json("list", "--json", env={"INGLE_MODELS": "/m", **environment})["store"]
        self.assertEqual(store, "/m")
        relative = self.ok_json("list", "--json", env={"XDG_DATA_HOME": "data"})["store"]
        self.assertEqual(relative, self.path(".local", "share", "ingle", "models"))

    def test_unreadable_file_is_an_error(self):
        config = self.write_config("temp = 1\n")
        os.remove(config)
        os.mkdir(config)
        self.assertIn("config.toml", self.fails(1, "list"))
        os.rmdir(config)
        os.mkfifo(config)  # which nobody will ever write to
        self.assertIn("not a regular file", self.fails(1, "list"))


class UserCatalogue(CliTest):
    ENTRY = ('[models.mine]\nfile = "mine.gguf"\nsize = 4\nsha256 = "' + "0" * 64 +
             '"\n[[models.mine.sources]]\nurl = "https://example.org/mine.gguf"\n')

    def test_adds_models(self):
        self.write(".config/ingle/catalogue.toml", self.ENTRY)
        names = self.ok("list", "--names").split()
        self.assertIn("mine", names)
        self.assertIn("smollm2", names)

    def test_mistakes_name_file_line_and_key(self):
        for old, new, where in (
            ("mine.gguf", "../mine.gguf", "file"), ("mine.gguf", "mine.bin", "file"),
            ("size = 4", "size = -4", "size"), ("size = 4", "size = 0", "size"),
            ("00000000", "0000000", "sha256"), ("https:", "http:", "url"),
            ("https:", "file:", "url"), ("size", "length", "length"),
            ("[models.mine]", "[models.\"../mine\"]", "../mine"),
            ("url =", "link =", "link"),
            ('url = "https://example.org/mine.gguf"',
             'wheel = { package = "--index", version = "1", member = "x" }', "package"),
        ):
            with self.subTest(new=new):
                text = self.ENTRY.replace(old, new, 1)
                self.write(".config/ingle/catalogue.toml", text)
                message = self.fails(1, "list")
                self.assertIn("catalogue.toml:", message)
                self.assertIn(where, message)

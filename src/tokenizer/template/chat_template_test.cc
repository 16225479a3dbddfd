#include "tokenizer/template/chat_template.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace ingle {
namespace {

Result<std::string> Render(const std::string& source, TemplateInput input = {}) {
  const Result<ChatTemplate> parsed = ChatTemplate::Parse(source);
  if (!parsed) return Fail(parsed.error());
  if (input.variables.IsNone()) input.variables = Value(Dict());
  return parsed->Render(input);
}

ErrorCode CodeOf(const std::string& source, const TemplateInput& input = {}) {
  const Result<std::string> out = Render(source, input);
  EXPECT_FALSE(out) << source.substr(0, 200) << "\ngives " << (out ? out->substr(0, 100) : "");
  return out ? ErrorCode::kInternal : out.error().code();
}

std::string Times(int count, const std::string& text) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(ChatTemplate, LaysOutAConversation) {
  TemplateInput input;
  input.variables =
      Value::Map({{"messages", ValueList{Value::Map({{"role", "user"}, {"content", "Grüezi"}})}},
                  {"add_generation_prompt", true}});
  const Result<std::string> out = Render(
      "{%- for m in messages %}\n"
      "<|im_start|>{{ m.role }}\n"
      "{{ m['content'] }}<|im_end|>\n"
      "{% endfor %}\n"
      "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
      input);
  ASSERT_TRUE(out) << out.error().message();
  EXPECT_EQ(*out, "<|im_start|>user\nGrüezi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplate, FillsInWhatHuggingFaceAlwaysPasses) {
  const Result<std::string> out = Render(
      "{{ tools is none }} {{ documents is none }} {{ add_generation_prompt }} {{ x is defined }}");
  EXPECT_EQ(out.value_or("error"), "True True False False");
}

TEST(ChatTemplate, TellsTheTime) {
  TemplateInput input;
  input.now = std::tm{};
  input.now->tm_year = 124;
  input.now->tm_mon = 11;
  input.now->tm_mday = 30;
  input.now->tm_hour = 17;
  const Result<std::string> out =
      Render("{{ strftime_now('%a %-d %b %Y %I %p, day %j, week %V of %G') }}", input);
  EXPECT_EQ(out.value_or("error"), "Mon 30 Dec 2024 05 PM, day 365, week 01 of 2025");
  EXPECT_EQ(Render("{{ strftime_now('%Y')|int > 2024 }}").value_or("error"), "True");
}

TEST(ChatTemplate, NamesTheLineOfAnError) {
  struct Row {
    const char* source;
    const char* line;
    const char* part;
  };
  const Row rows[] = {
      {"a\n{{ 1 +\n }}", "line 3", "unexpected"},
      {"a\n\n{% if x %}", "line 3", "endif"},
      {"a\n{% nope %}", "line 2", "'nope'"},
      {"{{ 1|nope }}", "line 1", "no filter named 'nope'"},
      {"\n\n{{ raise_exception('roles must alternate') }}", "line 3", "roles must alternate"},
      {"\n{{ a.b.c }}", "line 2", "'a' is undefined"},
      {"{% for x in [1] %}\n{{ x + 'a' }}\n{% endfor %}", "line 2", "int and str"},
      {"{% macro m() %}\n\n{{ 1 / 0 }}{% endmacro %}\n{{ m() }}", "line 3", "division by zero"},
  };
  for (const Row& row : rows) {
    const Result<std::string> out = Render(row.source);
    ASSERT_FALSE(out) << row.source;
    EXPECT_NE(out.error().message().find(row.line), std::string::npos) << out.error().message();
    EXPECT_NE(out.error().message().find(row.part), std::string::npos) << out.error().message();
  }
}

TEST(ChatTemplate, TellsBadSyntaxFromBadInput) {
  EXPECT_EQ(CodeOf("{% if %}"), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeOf("\xff"), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeOf("{{ raise_exception('x') }}"), ErrorCode::kInvalidArgument);
}

TEST(ChatTemplate, IntegersDoNotWrap) {
  for (const char* source :
       {"{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}",
        "{{ 9223372036854775807 * 2 }}", "{{ 2 ** 63 }}", "{{ (-9223372036854775807 - 1)|abs }}",
        "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
        "{{ 9223372036854775808 + 1 }}", "{{ [9223372036854775807, 1]|sum }}",
        "{{ 9223372036854775807|round(-1) }}"}) {
    EXPECT_EQ(CodeOf(source), ErrorCode::kInvalidArgument) << source;
  }
  EXPECT_EQ(Render("{{ (-9223372036854775807 - 1) % -1 }}").value_or("error"), "0");
  EXPECT_EQ(Render("{{ 123456789012345678901234567890 }}").value_or("error"),
            "123456789012345678901234567890");
}

TEST(ChatTemplate, EndlessWorkEnds) {
  for (const char* source :
       {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ '' }}{% endfor %}{% endfor %}",
        "{% for a in range(99999)|list %}{% set x = range(99999)|list|sort %}{% endfor %}",
        "{% set s = 'ab' * 1000000 %}{% for a in range(99999) %}{% if 'ba' * 9 in s %}{% endif %}"
        "{% endfor %}",
        "{% set s = 'a' * 9999999 %}{% for a in range(99999) %}{{ s.count('a' * 99999 ~ 'b') }}"
        "{% endfor %}",
        "{% set s = 'a' * 999999 %}{% for a in range(99999) %}{% set t = s.strip(s) %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999)|select('eq', -1) %}{% endfor %}"
        "{% endfor %}"}) {
    EXPECT_EQ(CodeOf(source), ErrorCode::kTooLarge) << source;
  }
}

TEST(ChatTemplate, HugeValuesAreRefusedBeforeTheyAreMade) {
  TemplateInput input;
  input.limits.memory_bytes = 16 << 20;
  for (const char* source :
       {"{{ 'a' * 10 ** 9 }}",
        "{{ 'a' * 10 ** 18 }}",
        "{{ [1] * 10 ** 9 }}",
        "{{ (1,) * 10 ** 18 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%.1000000000f' % 1 }}",
        "{{ '%*d' % (10 ** 9, 1) }}",
        "{{ '%99999999999999999999d' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:.1000000000f}'.format(1.5) }}",
        "{{ 'a'.center(10 ** 9) }}",
        "{{ 'a'|center(10 ** 9) }}",
        "{{ 'a'.ljust(10 ** 18) }}",
        "{{ 'a'.zfill(10 ** 9) }}",
        "{{ '\\t'.expandtabs(10 ** 9) }}",
        "{{ 'a'|indent(10 ** 9) }}",
        "{{ 'a\\nb'|indent(10 ** 8, true) }}",
        "{{ {}|tojson(indent=10 ** 9) }}",
        "{{ [1]|batch(10 ** 9, 0)|list }}",
        "{{ [1]|batch(10 ** 18, 0)|list }}",
        "{{ [1]|slice(10 ** 9)|list|length }}",
        "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% "
        "endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% "
        "endfor %}",
        "{% set ns = namespace(x='aa') %}{% for i in range(60) %}{% set ns.x = ns.x|replace('a', "
        "'aaaa') %}"
        "{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x.join(ns.x) "
        "%}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% "
        "endfor %}"
        "{{ ns.x }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% "
        "endfor %}"
        "{{ ns.x|tojson }}",
        "{% set ns = namespace(x=[], y=[]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}"
        "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x=()) %}{% for i in range(100) %}{% set ns.x = (ns.x, ns.x) %}{% "
        "endfor %}"
        "{{ ns.x in [1, ns.x + ()] }}{{ {ns.x: 1} }}"}) {
    const ErrorCode code = CodeOf(source, input);
    EXPECT_TRUE(code == ErrorCode::kTooLarge || code == ErrorCode::kInvalidArgument) << source;
  }
}

TEST(ChatTemplate, KeepsToItsMemory) {
  TemplateInput input;
  input.limits.memory_bytes = 1 << 20;
  // What is dropped is given back: far more than the limit passes through.
  EXPECT_EQ(
      Render("{% for i in range(1000) %}{% set x = 'abcdefgh' * 10000 %}{% endfor %}ok", input)
          .value_or("error"),
      "ok");
  EXPECT_EQ(CodeOf("{% set ns = namespace(l=[]) %}{% for i in range(1000) %}"
                   "{% set ns.l = ns.l + ['abcdefgh' * 1000] %}{% endfor %}",
                   input),
            ErrorCode::kTooLarge);
  EXPECT_EQ(
      CodeOf("{% macro m(n) %}{{ 'a' * 100000 }}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}", input),
      ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf("{% for i in range(99999) %}{% macro m() %}{% endmacro %}{% endfor %}", input),
            ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf("{% for i in range(99999) %}{% set x = namespace(y=i) %}{% endfor %}", input),
            ErrorCode::kTooLarge);
}

TEST(ChatTemplate, KeepsToItsOutput) {
  TemplateInput input;
  input.limits.output_bytes = 1000;
  EXPECT_EQ(Render("{{ 'a' * 1000 }}", input).value_or("error").size(), 1000u);
  EXPECT_EQ(CodeOf("{{ 'a' * 1001 }}", input), ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf("{% for i in range(99) %}{{ i }}aaaaaaaaaa{% endfor %}", input),
            ErrorCode::kTooLarge);
}

TEST(ChatTemplate, DeepTemplatesAreRefused) {
  const int deep = 100000;
  for (const std::string& source :
       {"{{ " + Times(deep, "(") + "1" + Times(deep, ")") + " }}",
        "{{ " + Times(deep, "[") + Times(deep, "]") + " }}",
        "{{ " + Times(deep, "{1:") + "1" + Times(deep, "}") + " }}",
        "{{ " + Times(deep, "not ") + "1 }}", "{{ " + Times(deep, "-") + "1 }}",
        "{{ 1" + Times(deep, " + 1") + " }}", "{{ a" + Times(deep, ".a") + " }}",
        "{{ a" + Times(deep, "[0]") + " }}", "{{ a" + Times(deep, "|e") + " }}",
        "{{ a" + Times(deep, "()") + " }}", "{{ 1" + Times(deep, " if 1 else 1") + " }}",
        "{{ 1" + Times(deep, " and 1") + " }}",
        Times(deep, "{% if 1 %}") + Times(deep, "{% endif %}"),
        Times(deep, "{% for a in [1] %}") + Times(deep, "{% endfor %}"),
        "{% set " + Times(deep, "(") + "a" + Times(deep, ")") + " = 1 %}"}) {
    EXPECT_EQ(CodeOf(source), ErrorCode::kTooLarge) << source.substr(0, 40);
  }
}

TEST(ChatTemplate, EndlessRecursionEnds) {
  for (const char* source :
       {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{% for x in [1] %}{% if x %}{{ [m()] }}{% endif %}{% endfor %}{% endmacro "
        "%}{{ m() }}",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace() %}{% macro m() %}{{ ns.m() }}{% endmacro %}{% set ns.m = m %}{{ "
        "m() }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor "
        "%}",
        "{% set ns = namespace(x={}) %}{% for i in range(9999) %}{% set ns.x = {1: ns.x} %}{% "
        "endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(9999) %}{% set ns.x = ns.x|map('int') %}"
        "{% endfor %}{{ ns.x|list }}",
        "{% set ns = namespace(x='') %}{% for i in range(9999) %}{% set ns.x = joiner(ns.x) %}{% "
        "endfor %}",
        "{% set ns = namespace(x='') %}{% for i in range(9999) %}{% set ns.x = cycler(ns.x).next %}"
        "{% endfor %}"}) {
    EXPECT_EQ(CodeOf(source), ErrorCode::kTooLarge) << source;
  }
}

// Sanitizers would tell of leaks and of deep destruction.
TEST(ChatTemplate, CirclesAreTakenApart) {
  for (const char* source :
       {"{% set ns = namespace() %}{% set ns.ns = ns %}",
        "{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}",
        "{% set ns = namespace() %}{% for x in [ns] %}{% set ns.l = loop %}{% endfor %}",
        "{% set ns = namespace() %}{% macro m() %}{% endmacro %}{% set ns.m = m %}",
        "{% set ns = namespace() %}{% macro m() %}{% set ns.c = caller %}{% endmacro %}"
        "{% call m() %}{% endcall %}",
        "{% set ns = namespace() %}{% set ns.c = cycler(ns) %}{% set ns.j = joiner(ns) %}",
        "{% set ns = namespace() %}{% set ns.g = [ns]|map('string') %}",
        "{% set ns = namespace(last=none) %}{% for i in range(20000) %}"
        "{% set ns.last = namespace(before=ns.last) %}{% endfor %}"}) {
    EXPECT_TRUE(Render(source)) << source;
  }
  EXPECT_EQ(Render("{% set ns = namespace() %}{% set ns.ns = ns %}{{ ns|string|length > 100 }}")
                .value_or("error"),
            "True");
}

TEST(ChatTemplate, RendersOnManyThreads) {
  const Result<ChatTemplate> parsed = ChatTemplate::Parse(
      "{% macro m(x) %}<{{ x }}>{% endmacro %}{% for x in l %}{{ m(x) }}{% endfor %}");
  ASSERT_TRUE(parsed);
  TemplateInput input;
  input.variables = Value::Map({{"l", ValueList{1, "a", ValueList{true}}}});
  std::vector<std::string> outs(4);
  std::vector<std::thread> threads;
  for (std::string& out : outs) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) out = parsed->Render(input).value_or("error");
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& out : outs) EXPECT_EQ(out, "<1><a><[True]>");
}

}  // namespace
}  // namespace ingle

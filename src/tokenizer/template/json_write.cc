#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "tokenizer/template/json.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/object.h"
#include "tokenizer/template/value_rep.h"

namespace ingle::jinja {
namespace {

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, TextSink& out) : style_(style), out_(out) {}

  Status Any(const Value& value, int level) {
    switch (value.kind()) {
      case Value::Kind::kString:
        String(value.text());
        return {};
      case Value::Kind::kList:
      case Value::Kind::kTuple:
        return Array(value.items(), level);
      case Value::Kind::kDict:
        return Object(value.dict(), level);
      case Value::Kind::kUndefined:
      case Value::Kind::kObject:
        return Fail(ErrorCode::kInvalidArgument, "a value of type ", TypeName(value),
                    " has no form in JSON");
      default:
        out_.Append(Scalar(value));
        return {};
    }
  }

 private:
  static std::string Scalar(const Value& value) {
    switch (value.kind()) {
      case Value::Kind::kBool:
        return value.bool_value() ? "true" : "false";
      case Value::Kind::kInt:
        return std::to_string(value.int_value());
      case Value::Kind::kBigInt:
        return value.text();
      case Value::Kind::kFloat:
        return Float(value.float_value());
      default:
        return "null";
    }
  }

  static std::string Float(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    return FloatRepr(number);
  }

  void BreakLine(int level) {
    if (!style_.indent) return;
    out_.Append("\n");
    out_.Fill(static_cast<uint64_t>(level), *style_.indent);
  }

  Status Array(const ValueList& items, int level) {
    if (items.empty()) {
      out_.Append("[]");
      return {};
    }
    out_.Append("[");
    for (size_t i = 0; i < items.size() && !out_.full(); ++i) {
      if (i > 0) out_.Append(style_.item_separator);
      BreakLine(level + 1);
      if (Status done = Any(items[i], level + 1); !done) return done;
    }
    BreakLine(level);
    out_.Append("]");
    return {};
  }

  Status Object(const Dict& dict, int level) {
    if (dict.size() == 0) {
      out_.Append("{}");
      return {};
    }
    Result<std::vector<const Dict::Entry*>> entries = InOrder(dict);
    if (!entries) return Fail(entries.error());
    out_.Append("{");
    for (size_t i = 0; i < entries->size() && !out_.full(); ++i) {
      const Dict::Entry& entry = *(*entries)[i];
      if (i > 0) out_.Append(style_.item_separator);
      BreakLine(level + 1);
      if (Status done = Key(entry.key); !done) return done;
      out_.Append(style_.key_separator);
      if (Status done = Any(entry.value, level + 1); !done) return done;
    }
    BreakLine(level);
    out_.Append("}");
    return {};
  }

  Result<std::vector<const Dict::Entry*>> InOrder(const Dict& dict) const {
    std::vector<const Dict::Entry*> entries;
    bool strings = true;
    for (const Dict::Entry& entry : dict.entries()) {
      strings = strings && entry.key.IsString();
      entries.push_back(&entry);
    }
    if (!style_.sort_keys) return entries;
    if (!strings) {
      return Fail(ErrorCode::kInvalidArgument, "tojson can sort only keys that are strings");
    }
    std::sort(entries.begin(), entries.end(), [](const Dict::Entry* a, const Dict::Entry* b) {
      return a->key.text() < b->key.text();
    });
    return entries;
  }

  Status Key(const Value& key) {
    if (key.IsString()) {
      String(key.text());
      return {};
    }
    if (key.kind() == Value::Kind::kTuple || key.kind() == Value::Kind::kObject ||
        key.IsUndefined()) {
      return Fail(ErrorCode::kInvalidArgument, "a key of type ", TypeName(key),
                  " has no form in JSON");
    }
    String(Scalar(key));
    return {};
  }

  void String(std::string_view text) {
    out_.Append("\"");
    size_t plain = 0;  // text before this offset is written
    for (size_t i = 0; i < text.size();) {
      const auto c = static_cast<unsigned char>(text[i]);
      const bool wide = c >= 0x80 && style_.ensure_ascii;
      if (c >= 0x20 && c != '"' && c != '\\' && !wide) {
        ++i;
        continue;
      }
      out_.Append(text.substr(plain, i - plain));
      const Utf8Char decoded = DecodeUtf8(text.substr(i));
      Escape(decoded.code_point);
      i += decoded.length;
      plain = i;
    }
    out_.Append(text.substr(plain));
    out_.Append("\"");
  }

  void Escape(char32_t c) {
    constexpr std::string_view kMeanings = "\"\\\b\f\n\r\t";
    constexpr std::string_view kNames = "\"\\bfnrt";
    const size_t known = c < 0x80 ? kMeanings.find(static_cast<char>(c)) : std::string::npos;
    if (known != std::string::npos) {
      const char escape[] = {'\\', kNames[known]};
      out_.Append({escape, 2});
    } else if (c >= 0x10000) {
      Unit(0xD800 + ((c - 0x10000) >> 10));
      Unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      Unit(c);
    }
  }

  void Unit(char32_t unit) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const char escape[] = {
        '\\',           'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15],
        kHex[unit & 15]};
    out_.Append({escape, 6});
  }

  const JsonStyle& style_;
  TextSink& out_;
};

}  // namespace

Status WriteJson(const Value& value, const JsonStyle& style, TextSink& out) {
  return JsonWriter(style, out).Any(value, 0);
}

Result<std::string> ToJson(const Value& value) {
  TextSink out(UINT64_MAX);
  const JsonStyle style;
  if (Status done = WriteJson(value, style, out); !done) return Fail(done.error());
  return out.Take();
}

}  // namespace ingle::jinja

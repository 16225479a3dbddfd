// Ingle for C++17: a thin layer over ingle.h that owns what it holds. A program that uses it links
// the library and nothing else; no type of the library's inside is seen here.
//
//   ingle::Model model("model.gguf");
//   ingle::Session session(model);
//   ingle::GenerateOptions options;
//   options.on_text = [](std::string_view piece) {
//     std::cout << piece << std::flush;
//     return true;
//   };
//   session.Generate(model.Tokenize("Once upon a time"), options);
//
// Ownership    Objects own what they hold, and move. A session keeps what it needs of its model, so
//              the two may go in any order.
// Errors       What fails throws ingle::Error. An exception that a callback throws ends the
//              generation and comes out of Generate.
// Threads      As in ingle.h: a model may be shared, a session belongs to one thread at a time, but
//              for Cancel.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ingle/ingle.h"

namespace ingle {

class Error : public std::runtime_error {
 public:
  Error(ingle_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}

  ingle_status status() const noexcept { return status_; }

 private:
  ingle_status status_;
};

using Token = ingle_token;

// The fields and defaults are those of ingle_model_options.
struct ModelOptions {
  static constexpr ingle_model_options kDefault = INGLE_MODEL_OPTIONS_DEFAULT;

  ingle_device device = static_cast<ingle_device>(kDefault.device);
  int threads = kDefault.threads;
  uint32_t context = kDefault.context;
  uint32_t batch_tokens = kDefault.batch_tokens;
  uint64_t cache_bytes = kDefault.cache_bytes;
  ingle_cache_type cache_type = static_cast<ingle_cache_type>(kDefault.cache_type);
  std::string draft;  // empty: no draft model
  uint64_t memory_limit = kDefault.memory_limit;
  uint32_t sessions = kDefault.sessions;
  bool fit_context = kDefault.fit_context;
  std::string panel_directory;  // empty: none
};

// The fields and defaults are those of ingle_generate_options.
struct GenerateOptions {
  static constexpr ingle_generate_options kDefault = INGLE_GENERATE_OPTIONS_DEFAULT;

  float temperature = kDefault.temperature;
  int top_k = kDefault.top_k;
  float top_p = kDefault.top_p;
  float min_p = kDefault.min_p;
  float repeat_penalty = kDefault.repeat_penalty;
  float presence_penalty = kDefault.presence_penalty;
  float frequency_penalty = kDefault.frequency_penalty;
  int penalty_window = kDefault.penalty_window;
  uint64_t seed = kDefault.seed;
  int max_tokens = kDefault.max_tokens;
  bool render_special = kDefault.render_special;
  bool ignore_end = kDefault.ignore_end;
  std::vector<std::string> stop;
  std::function<bool(std::string_view piece)> on_text;  // may be empty; false ends the generation
  ingle_speculation speculation = static_cast<ingle_speculation>(kDefault.speculation);
};

// The fields and defaults are those of ingle_embed_options.
struct EmbedOptions {
  static constexpr ingle_embed_options kDefault = INGLE_EMBED_OPTIONS_DEFAULT;

  ingle_pooling pooling = static_cast<ingle_pooling>(kDefault.pooling);
  bool normalize = kDefault.normalize;
};

// The fields are those of ingle_generation.
struct Generation {
  std::string text;
  std::vector<Token> tokens;
  ingle_finish finish = INGLE_FINISH_END;
  size_t prompt_tokens = 0;
  size_t prefill_tokens = 0;
  double prefill_tokens_per_second = 0;
  double decode_tokens_per_second = 0;
  double time_to_first_token_ms = 0;
  size_t guessed_tokens = 0;
  size_t right_guesses = 0;
};

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};

namespace internal {

inline void Check(ingle_status status) {
  if (status != INGLE_OK) throw Error(status, ingle_last_error());
}

// Calls fill(data, capacity, &count) once to measure and once to fetch.
template <class Container, class Fill>
Container Fetch(const Fill& fill) {
  size_t count = 0;
  Check(fill(nullptr, 0, &count));
  Container result(count, {});
  Check(fill(result.data(), result.size(), &count));
  return result;
}

inline std::string JsonString(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      json += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
      continue;
    }
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return json + '"';
}

}  // namespace internal

class Model {
 public:
  // A GGUF file, of a split model its first part.
  explicit Model(const std::string& path, const ModelOptions& options = {}) {
    ingle_model_options raw = ModelOptions::kDefault;
    raw.device = options.device;
    raw.threads = options.threads;
    raw.context = options.context;
    raw.batch_tokens = options.batch_tokens;
    raw.cache_bytes = options.cache_bytes;
    raw.cache_type = options.cache_type;
    if (!options.draft.empty()) raw.draft = options.draft.c_str();
    raw.memory_limit = options.memory_limit;
    raw.sessions = options.sessions;
    raw.fit_context = options.fit_context;
    if (!options.panel_directory.empty()) raw.panel_directory = options.panel_directory.c_str();
    ingle_model* model = nullptr;
    internal::Check(ingle_model_load(path.c_str(), &raw, &model));
    handle_.reset(model);
  }

  uint32_t context() const { return ingle_model_context(get()); }
  uint32_t vocabulary() const { return ingle_model_vocabulary(get()); }
  std::string architecture() const { return ingle_model_architecture(get()); }
  std::string name() const { return ingle_model_name(get()); }

  // Raw text: with BOS where the model wants it, and nothing in it taken for a control token.
  std::vector<Token> Tokenize(std::string_view text) const {
    return Tokenize(text, INGLE_ADD_SPECIAL);
  }
  // flags: any of ingle_tokenize_flags.
  std::vector<Token> Tokenize(std::string_view text, uint32_t flags) const {
    return internal::Fetch<std::vector<Token>>([&](Token* out, size_t capacity, size_t* count) {
      return ingle_tokenize(get(), text.data(), text.size(), flags, out, capacity, count);
    });
  }

  // The bytes that tokens spell. flags: any of ingle_detokenize_flags.
  std::string Detokenize(const std::vector<Token>& tokens, uint32_t flags = 0) const {
    return internal::Fetch<std::string>([&](char* out, size_t capacity, size_t* length) {
      return ingle_detokenize(get(), tokens.data(), tokens.size(), flags, out, capacity, length);
    });
  }

  bool Ends(Token token) const { return ingle_token_ends(get(), token); }

  // A conversation as the model's chat template lays it out; json is an object with "messages" and
  // whatever else the template reads.
  std::string RenderChat(std::string_view json) const {
    return internal::Fetch<std::string>([&](char* out, size_t capacity, size_t* length) {
      return ingle_render_chat(get(), json.data(), json.size(), out, capacity, length);
    });
  }

  // The tokens of a conversation, up to where the model's answer begins.
  std::vector<Token> TokenizeChat(const std::vector<Message>& messages) const {
    std::string json = "{\"add_generation_prompt\": true, \"messages\": [";
    for (size_t i = 0; i < messages.size(); ++i) {
      json += i == 0 ? "" : ", ";
      json += "{\"role\": " + internal::JsonString(messages[i].role) +
              ", \"content\": " + internal::JsonString(messages[i].content) + "}";
    }
    return Tokenize(RenderChat(json + "]}"), INGLE_PARSE_SPECIAL);
  }

  // A vector for each text, whose tokens are those of Tokenize.
  std::vector<std::vector<float>> Embed(const std::vector<std::vector<Token>>& texts,
                                        const EmbedOptions& options = {}) const {
    const Flat input(texts);
    ingle_embed_options raw = EmbedOptions::kDefault;
    raw.pooling = options.pooling;
    raw.normalize = options.normalize;
    const size_t size = ingle_model_embedding_size(get());
    std::vector<float> flat(texts.size() * size);
    internal::Check(ingle_embed(get(), input.tokens.data(), input.counts.data(), texts.size(), &raw,
                                flat.data()));
    std::vector<std::vector<float>> vectors;
    for (size_t i = 0; i < texts.size(); ++i) {
      const float* first = flat.data() + i * size;
      vectors.emplace_back(first, first + size);
    }
    return vectors;
  }

  // The names of a classifier's labels; none of another model.
  std::vector<std::string> labels() const {
    std::vector<std::string> names;
    for (uint32_t i = 0; i < ingle_model_label_count(get()); ++i) {
      names.emplace_back(ingle_model_label(get(), i));
    }
    return names;
  }
  // Whether they are those of a text's tokens.
  bool labels_tokens() const { return ingle_model_labels_tokens(get()); }

  // For each text how likely each label is: a row of labels().size(), or one row behind the other
  // for its tokens, which are those of Tokenize.
  std::vector<std::vector<float>> Classify(const std::vector<std::vector<Token>>& texts) const {
    const Flat input(texts);
    const size_t labels = ingle_model_label_count(get());
    const bool of_tokens = labels_tokens();
    std::vector<float> flat((of_tokens ? input.tokens.size() : texts.size()) * labels);
    internal::Check(
        ingle_classify(get(), input.tokens.data(), input.counts.data(), texts.size(), flat.data()));
    std::vector<std::vector<float>> results;
    const float* first = flat.data();
    for (const std::vector<Token>& text : texts) {
      const float* last = first + (of_tokens ? text.size() : 1) * labels;
      results.emplace_back(first, last);
      first = last;
    }
    return results;
  }

  ingle_model* get() const noexcept { return handle_.get(); }

 private:
  // Texts as ingle.h takes them.
  struct Flat {
    explicit Flat(const std::vector<std::vector<Token>>& texts) {
      for (const std::vector<Token>& text : texts) {
        tokens.insert(tokens.end(), text.begin(), text.end());
        counts.push_back(text.size());
      }
    }
    std::vector<Token> tokens;
    std::vector<size_t> counts;
  };

  struct Free {
    void operator()(ingle_model* model) const { ingle_model_free(model); }
  };
  std::unique_ptr<ingle_model, Free> handle_;
};

class Session {
 public:
  explicit Session(const Model& model) {
    ingle_session* session = nullptr;
    internal::Check(ingle_session_new(model.get(), &session));
    handle_.reset(session);
  }

  Generation Generate(const std::vector<Token>& prompt, const GenerateOptions& options = {}) {
    Callback callback{options.on_text, nullptr};
    std::vector<const char*> stops;
    for (const std::string& stop : options.stop) stops.push_back(stop.c_str());
    ingle_generate_options raw = Raw(options);
    raw.stop = stops.data();
    raw.stop_count = stops.size();
    if (options.on_text) {
      raw.on_text = &Callback::Call;
      raw.user = &callback;
    }
    const ingle_generation* raw_answer = nullptr;
    const ingle_status status =
        ingle_generate(get(), prompt.data(), prompt.size(), &raw, &raw_answer);
    if (callback.thrown) std::rethrow_exception(callback.thrown);
    internal::Check(status);
    return Copy(*raw_answer);
  }

  // Ends the generation that runs, if one does, before its next token. From any thread.
  void Cancel() noexcept { ingle_session_cancel(get()); }

  ingle_session* get() const noexcept { return handle_.get(); }

 private:
  struct Free {
    void operator()(ingle_session* session) const { ingle_session_free(session); }
  };

  // What a callback throws must not pass through C: it is kept, and thrown again behind it.
  struct Callback {
    const std::function<bool(std::string_view)>& on_text;
    std::exception_ptr thrown;

    static bool Call(const char* text, size_t length, void* user) noexcept {
      auto& self = *static_cast<Callback*>(user);
      try {
        return self.on_text(std::string_view(text, length));
      } catch (...) {
        self.thrown = std::current_exception();
        return false;
      }
    }
  };

  static ingle_generate_options Raw(const GenerateOptions& options) {
    ingle_generate_options raw = GenerateOptions::kDefault;
    raw.temperature = options.temperature;
    raw.top_k = options.top_k;
    raw.top_p = options.top_p;
    raw.min_p = options.min_p;
    raw.repeat_penalty = options.repeat_penalty;
    raw.presence_penalty = options.presence_penalty;
    raw.frequency_penalty = options.frequency_penalty;
    raw.penalty_window = options.penalty_window;
    raw.seed = options.seed;
    raw.max_tokens = options.max_tokens;
    raw.render_special = options.render_special;
    raw.ignore_end = options.ignore_end;
    raw.speculation = options.speculation;
    return raw;
  }

  static Generation Copy(const ingle_generation& raw) {
    Generation answer;
    answer.text.assign(raw.text, raw.text_length);
    answer.tokens.assign(raw.tokens, raw.tokens + raw.token_count);
    answer.finish = raw.finish;
    answer.prompt_tokens = raw.prompt_tokens;
    answer.prefill_tokens = raw.prefill_tokens;
    answer.prefill_tokens_per_second = raw.prefill_tokens_per_second;
    answer.decode_tokens_per_second = raw.decode_tokens_per_second;
    answer.time_to_first_token_ms = raw.time_to_first_token_ms;
    answer.guessed_tokens = raw.guessed_tokens;
    answer.right_guesses = raw.right_guesses;
    return answer;
  }

  std::unique_ptr<ingle_session, Free> handle_;
};

}  // namespace ingle

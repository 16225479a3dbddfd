// A loaded model and everything that runs it: weights, compiled program, worker threads, the paged
// key/value cache that its sessions share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/error.h"
#include "engine/memory_needs.h"
#include "engine/recurrent_state.h"
#include "engine/tuning.h"
#include "models/pooling.h"
#include "models/task.h"
#include "tensor/dtype.h"
#include "tokenizer/template/chat_template.h"
#include "tokenizer/tokenizer.h"

namespace ingle {

class Graph;
struct Executor;
struct OpenedModel;
struct Program;

enum class DeviceKind {
  kCpu,        // the compiled program, with the fastest kernels of this processor
  kReference,  // the graph itself, one operation after the other, f32 throughout: slow, and right
};

struct EngineOptions {
  DeviceKind device = DeviceKind::kCpu;
  int threads = 0;              // 0: one for each core that this process may use
  uint32_t context = 0;         // longest session in tokens; 0: what the model was trained for
  uint32_t batch_tokens = 512;  // tokens of one step at most; longer prompts take several steps
  // kF32, kF16, kQ8_0 or kQ4_0; nothing: kF16 for quantized weights, else kF32. The quantized want
  // heads of a multiple of 32 elements.
  std::optional<DType> cache_type{};
  // For the cache pages of all sessions, and as much again for the sources of an encoder–decoder;
  // 0: no limit of its own.
  uint64_t cache_bytes = 0;
  // On the CPU weights are laid out anew. Here that is kept, for later starts and other processes;
  // empty, or where EngineInfo::panel_trouble says why not: in memory, each time.
  std::string panel_directory{};
  // To be asked about, not to be run: loads at once, takes nothing large, and fails at the first
  // step.
  bool only_look = false;

  // Bytes of memory that the model may take beside what the process has, kAvailableMemory for what
  // there is; nothing: what it takes. Where MemoryNeeds::added() is more, for `sequences` sessions
  // of `context` tokens, Load fails before it takes anything large; or else, if fit_context is
  // set, the context is the longest for which it is not.
  std::optional<uint64_t> memory_limit{};
  uint32_t sequences = 1;  // also: that share a step, which has no more tokens than they can hold
  bool fit_context = false;
};

// What a person may want to know of a model.
struct ModelInfo {
  std::string path;
  std::string name;          // "SmolLM2 135M Instruct"; empty when the file does not say
  std::string architecture;  // "llama"
  std::string license;
  std::string weight_type;  // the type that most weights have: "Q4_1"
  uint64_t parameters = 0;
  uint64_t file_bytes = 0;
  uint32_t layers = 0;
  uint32_t width = 0;
  uint32_t heads = 0;
  uint32_t kv_heads = 0;
  uint32_t vocabulary = 0;
  uint32_t trained_context = 0;

  Task task = Task::kGenerate;
  uint32_t answer_columns = 0;  // of a row: the vocabulary, the width, or the number of labels
  Labels labels;                // of a model that classifies
  bool whole_text = false;      // an encoder: a text is one step, and nothing can follow it
  // Of an encoder–decoder: the token that every answer begins after. What it answers to is a
  // source, see Engine::Encode.
  std::optional<TokenId> start_token;
  Pooling pooling = Pooling::kMean;  // of its embeddings: as its files say, or its kind has it
  uint32_t longest_text = 0;         // in tokens, of what is embedded, where its files say
  std::optional<Error> embed_error;  // why it has none: its files want what Ingle lacks
};

// What running it takes.
struct EngineInfo {
  std::string device;  // "cpu (avx2)"
  int threads = 0;
  uint32_t context = 0;
  uint32_t batch_tokens = 0;  // tokens of one step at most
  DType cache_type = DType::kF16;
  uint64_t weight_bytes = 0;
  uint64_t panel_bytes = 0;            // of those, what is laid out anew for this processor
  bool panels_mapped = false;          // whether they are a file that processes share
  std::optional<Error> panel_trouble;  // why they are none in spite of a panel_directory
  bool panels_written = false;         // whether Load has made that file
  uint64_t activation_bytes = 0;       // the memory plan's arena
  uint64_t cache_bytes_per_token = 0;  // of one session
  uint64_t state_bytes = 0;            // of one session, at any length
};

class Engine;

// One sequence: its tokens so far and what the model remembers of them. Not thread-safe; belongs to
// the Engine, which must outlive it.
class Session {
 public:
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Of an encoder–decoder: what the encoder has read, see Engine::Encode. Stays when the session is
  // cut short.
  const std::vector<TokenId>& source() const { return source_; }

  // The tokens that have been computed.
  const std::vector<TokenId>& tokens() const { return tokens_; }
  uint32_t length() const { return static_cast<uint32_t>(tokens_.size()); }

  // Forgets all but the first length tokens, and returns how many it still knows: length, or fewer
  // where the model carries a state that cannot go back everywhere (Mamba, convolutions), where a
  // shorter text is computed in another way (LongRoPE), or where tokens have seen those after them
  // (encoders). Those between are to be computed again.
  uint32_t Truncate(uint32_t length);

  // How many more tokens can be computed so that Truncate takes any of them back and leaves the
  // session as if they had never been: none where a state cannot go back everywhere; else as many
  // as the context has room for, but not beyond where a text is computed in another way.
  uint32_t TentativeRoom() const;

  // All of it as bytes, for Engine::Restore in this process or a later one, on any machine.
  std::string Save() const;

 private:
  friend class Engine;
  explicit Session(Engine& engine);
  void Forget();
  void ForgetSource();
  void Undo();

  Engine& engine_;
  std::vector<TokenId> tokens_;
  std::vector<std::byte*> pages_;
  std::vector<TokenId> source_;
  std::vector<std::byte*> source_pages_;
  RecurrentState state_;
  bool long_rope_ = false;
};

// Part of a step: tokens that follow a session's earlier ones.
struct StepItem {
  enum class Logits { kNone, kLast, kAll };
  // Whose the tokens are. What a prompt says is computed many tokens at a time, and may be so in
  // another way than what the model answers, which comes token by token.
  enum class Role { kRead, kWritten };

  Session* session = nullptr;
  std::span<const TokenId> tokens;
  Logits logits = Logits::kLast;
  Role role = Role::kRead;
};

// Thread safety: Step may be called from one thread at a time; the rest is constant.
class Engine {
 public:
  // path: a GGUF file, of a split model its first part; or a checkpoint folder of Hugging Face's,
  // with config.json and safetensors. Errors name the file and the field; kOutOfMemory is that of a
  // model which does not fit.
  static Result<std::unique_ptr<Engine>> Load(const std::string& path,
                                              const EngineOptions& options = {});
  // The same from one source: a model in memory, where there is no file system.
  static Result<std::unique_ptr<Engine>> Load(std::shared_ptr<const ByteSource> source,
                                              const EngineOptions& options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const ModelInfo& model_info() const;
  const EngineInfo& info() const;
  const Tokenizer& tokenizer() const;
  // Null when the file has none. A template that cannot be parsed is an error of Load only through
  // template_error(): a model can still complete text.
  const ChatTemplate* chat_template() const;
  const std::optional<Error>& template_error() const;
  const Graph& graph() const;
  const Program* program() const;  // null on the reference device

  // How many workers compute a step; at first all. What is computed does not depend on it.
  const Tuning& tuning() const;
  void SetTuning(const Tuning& tuning);
  // What it takes of memory with so many sessions whose contexts of so many tokens are filled, by
  // one prompt and one answer each. Steps are as long as batch_tokens allows, with the logits of a
  // session's last token. The context need not be that of info().
  MemoryNeeds Needs(uint32_t context, uint32_t sequences) const;
  // The longest context, at most so long, with which Needs().added() is no more than so many bytes;
  // 0: none.
  uint32_t LongestContext(uint64_t memory, uint32_t sequences, uint32_t most) const;

  std::unique_ptr<Session> NewSession();
  // A session that goes on from where another one is. Fails with kOutOfMemory.
  Result<std::unique_ptr<Session>> Fork(const Session& session);
  // What Session::Save made, of the same model with the same type of cache. Fails with kCorrupt
  // where the bytes are something else, kInvalidArgument where they are another model's.
  Result<std::unique_ptr<Session>> Restore(std::string_view saved);

  // Runs the tokens of several sessions through the model, together. REQUIRES: every session
  // belongs to this engine and occurs once; no item is empty.
  //
  // Returns the logits that were asked for, [rows, vocabulary], in the order of items and tokens;
  // they stay valid until the next Step. Of other models their answer, [rows, answer_columns], of
  // Task::kClassifyText one row an item. On success the sessions have grown; on failure none has,
  // but one with a state that cannot go back everywhere may have become shorter. What a session
  // computes does not depend on what else is in the step, nor on how its tokens were cut into
  // steps, nor on the number of threads, bit for bit; but on the role of its tokens. What a session
  // that outgrows LongRoPE's short context had until then is computed anew, as tokens that are
  // read.
  //
  // Fails with kTooLarge when a session would outgrow the context (both counts in the message) or
  // the items have more than batch_tokens tokens, kInvalidArgument for a token outside the
  // vocabulary or a text that is fed to an encoder in pieces, kOutOfMemory when the cache's limit
  // is reached.
  Result<std::span<const float>> Step(std::span<const StepItem> items);

  // Step, but what is returned are the last hidden states of the same tokens, [rows, width],
  // whatever the model's answer is. Steps of both kinds may follow each other in a session.
  Result<std::span<const float>> States(std::span<const StepItem> items);

  // Of an encoder–decoder: the encoder reads each item's tokens as the source of its session, whole
  // and together. The session must hold no tokens; an earlier source is forgotten. Then Step goes
  // on as with any model, the first token being ModelInfo::start_token.
  //
  // Returns the encoder's last hidden states that were asked for, [rows, width]. Fails with
  // kUnsupported for other models, else as Step does; the sessions then have no source.
  Result<std::span<const float>> Encode(std::span<const StepItem> items);

  // Step, cut into as many steps as batch_tokens asks for; logits are those of the last token.
  Result<std::span<const float>> Prefill(Session& session, std::span<const TokenId> tokens,
                                         StepItem::Role role = StepItem::Role::kRead);

 private:
  friend class Session;
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  static Result<std::unique_ptr<Engine>> Start(OpenedModel source, const EngineOptions& options);

  Result<std::span<const float>> Run(Executor& executor, std::span<const StepItem> items);
  Status TurnLong(Session& session);

  std::unique_ptr<State> state_;
};

}  // namespace ingle

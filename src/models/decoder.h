// What decoder-only families have in common: hyper-parameters, and the blocks that their layers are
// composed of. A family's own file says how; what no other family has stays there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/builder.h"
#include "models/architecture.h"
#include "models/checkpoint.h"
#include "models/config_reader.h"
#include "models/weights.h"

namespace ingle {

// No layer of a real model is half as wide; activations of a step stay below 1 GiB each.
inline constexpr uint32_t kWidestLayer = 1u << 18;

// What holds where a checkpoint does not say.
struct DecoderDefaults {
  RopePairs pairs = RopePairs::kHalves;
  Activation activation = Activation::kSilu;
  bool rms_norm = true;     // else layer norm
  bool rotates = true;      // has rotary position embedding
  bool whole_pairs = true;  // see YarnOptions
};

struct DecoderConfig {
  ModelShape shape;
  uint32_t hidden = 0;            // of the feed-forward network; the widest
  std::vector<uint32_t> hiddens;  // of each layer
  Activation activation = Activation::kSilu;
  bool rms_norm = true;
  NormAttributes norm{};
  AttentionAttributes attention;   // of every layer, but for state and window
  std::vector<uint32_t> windows;   // of each layer; 0: all positions are seen
  std::vector<bool> attends;       // of each layer; in hybrids some have something else instead
  std::vector<uint32_t> kv_heads;  // of each layer; attention has the most
  RopeAttributes rope;
  float embedding_scale = 1;
  float residual_scale = 1;  // of what a block adds
  float logit_scale = 1;
  float logit_softcap = 0;  // 0: none
  float clamp_qkv = 0;      // q, k and v are held within ±this; 0: they are not
};

Activation ReadActivation(ConfigReader& config, std::string_view key, Activation otherwise);

// Reads what all have. Errors of fields stay in config; look at config.status() afterwards. Fields
// of other families' arithmetic are refused where they are set, unless listed in allowed; so are
// layers that differ in feed_forward_length or attention.head_count_kv.
Result<DecoderConfig> ReadDecoder(const Checkpoint& checkpoint, ConfigReader& config,
                                  const DecoderDefaults& defaults,
                                  std::initializer_list<std::string_view> allowed = {});

// Of those, what a family without attention has too: sizes, norm, vocabulary, scales.
DecoderConfig ReadTrunk(const Checkpoint& checkpoint, ConfigReader& config,
                        const DecoderDefaults& defaults);

// The windows of layers that see only the latest positions: every layer for a pattern of 1, else
// all but each pattern-th. Reads attention.sliding_window and attention.sliding_window_pattern,
// which is another pattern or a list for each layer.
std::vector<uint32_t> ReadWindows(ConfigReader& config, uint32_t layers, uint32_t pattern);

// How a layer differs from DecoderConfig.
struct SelfAttention {
  enum class HeadNorm : uint8_t {
    kNone,
    kEach,  // of q and k, each head by itself
    kAll,   // of q and k, all heads together
  };
  HeadNorm head_norm = HeadNorm::kNone;
  const RopeAttributes* rope = nullptr;  // null: positions are not rotated
  uint32_t window = 0;
  std::optional<Value> sinks{};
  float scale = 0;            // 0: the family's
  bool gated = false;         // attn_q holds of each head the query and a gate for what it finds
  uint32_t state = kByLayer;  // which cache

  static constexpr uint32_t kByLayer = UINT32_MAX;
};

// Builds a decoder's graph; the checkpoint and the configuration must outlive it.
class DecoderBuilder {
 public:
  DecoderBuilder(const Checkpoint& checkpoint, const DecoderConfig& config)
      : c(config), w(g, checkpoint) {}

  // NAME.weight, and NAME.bias where the checkpoint has one.
  Value Linear(Value x, const std::string& name, uint64_t rows, uint64_t columns);
  // The family's norm over the width.
  Value Norm(Value x, const std::string& name);
  // The token's embedding, scaled.
  Value Embed();
  // blk: "blk.3." Reads attn_q, attn_k, attn_v, or attn_qkv with these one below the other, and
  // attn_output.
  Value Attend(Value h, const std::string& blk, uint32_t layer, const SelfAttention& options);
  // down(activation(gate(h)) · up(h)). ffn_up holds both, gate first, where there is no ffn_gate.
  Value GatedFeedForward(Value h, const std::string& blk);
  Value GatedFeedForward(Value h, const std::string& blk, const std::string& suffix,
                         uint64_t hidden);
  // down(activation(up(h)))
  Value FeedForward(Value h, const std::string& blk);
  // x + residual_scale · block
  Value AddBlock(Value x, Value block);
  // Of the tokens that want them: last norm and output; of a model without an output the states.
  Value Logits(Value x, const std::string& norm = "output_norm");
  // The model does without this tensor, though files may hold it.
  void Ignore(const std::string& tensor) { ignored_.push_back(tensor); }

  Result<Model> Finish(Value answer) { return Finish(answer, states_); }
  // states: the last hidden states, of the tokens that want an answer.
  Result<Model> Finish(Value answer, Value states);

  const DecoderConfig& c;
  GraphBuilder g;
  Weights w;

 private:
  struct Projections {
    Value q, k, v;
  };
  Projections Project(Value h, const std::string& blk, bool gated);
  Value NormHeads(Value x, const std::string& name, uint64_t head_size,
                  SelfAttention::HeadNorm kind);

  std::optional<Value> table_;
  Value states_;
  std::vector<std::string> ignored_;
};

}  // namespace ingle

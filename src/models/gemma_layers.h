// What Gemma 3n and Gemma 4 have in common: layers of two kinds, of which the last borrow the keys
// and values of earlier ones; and for every layer an input of its own, looked up by the token.
#pragma once

#include <string>
#include <vector>

#include "models/decoder.h"

namespace ingle {

struct GemmaLayers {
  std::vector<AttentionAttributes> attention;  // of each; shares_cache: it borrows
  RopeAttributes rope;                         // of layers that see everything
  RopeAttributes local_rope;                   // of those that see a window

  const RopeAttributes& RopeOf(uint32_t layer) const {
    return attention[layer].window == 0 ? rope : local_rope;
  }
};

// Reads attention.sliding_window and its pattern, attention.key_length_swa,
// attention.shared_kv_layers and rope.*_swa. Errors of fields stay in config.
GemmaLayers ReadGemmaLayers(ConfigReader& config, const DecoderConfig& c, uint32_t pattern);

// Reads attn_q, attn_output, their norms; attn_k and attn_v where the layer does not borrow. Values
// are normed too; without attn_v they are what attn_k gives, before its norm.
Value AttendGemma(DecoderBuilder& b, Value h, const std::string& blk, const GemmaLayers& layers,
                  uint32_t layer);

struct LayerInputShape {
  uint32_t size = 0;    // of one layer's input; 0 where layers have none
  uint64_t tokens = 0;  // rows of per_layer_token_embd; 0 where the file does not say
};

LayerInputShape ReadLayerInputShape(ConfigReader& config, const DecoderConfig& decoder);

// The inputs of all layers side by side, [tokens, layers · size]: what each token has for them in
// per_layer_token_embd, and a projection of x, its embedding.
class LayerInputs {
 public:
  // first_beyond: tokens that the table has no row for take the first.
  LayerInputs(DecoderBuilder& b, Value x, const LayerInputShape& shape, bool first_beyond);

  // What the layer makes of its input, gated by x. Reads inp_gate, proj and post_norm.
  Value Block(DecoderBuilder& b, Value x, const std::string& blk, uint32_t layer) const;

 private:
  uint32_t size_;
  Value inputs_;
};

}  // namespace ingle

#include "device/cpu/attention_steps.h"

#include <algorithm>
#include <cstring>

#include "base/half.h"
#include "device/cpu/operands.h"
#include "device/rows.h"

namespace ingle {
namespace {

// Stores a head's row in the cache's element type.
void StoreRow(const CacheLayout& cache, const float* row, std::byte* to, size_t count) {
  if (cache.type == DType::kF32) {
    std::memcpy(to, row, count * sizeof(float));
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const uint16_t bits = F32ToF16(row[i]);
    std::memcpy(to + i * sizeof(bits), &bits, sizeof(bits));
  }
}

// Appends one token's keys and values.
void AppendToken(const Step& step, const StepContext& context, const SequenceSlice& sequence,
                 size_t i) {
  const CacheLayout& cache = context.program.cache;
  const auto& attention = std::get<AttentionAttributes>(step.attributes);
  const CacheLayout::Layer& layer = cache.layers[attention.state];
  const size_t position = sequence.position + i;
  const size_t slot = position % cache.page_tokens;
  std::byte* page = sequence.pages[position / cache.page_tokens];
  const float* keys = FloatRow(step.inputs[0], context, sequence.first_token + i);
  const float* values = FloatRow(step.inputs[1], context, sequence.first_token + i);
  for (size_t head = 0; head < layer.kv_heads; ++head) {
    std::byte* key = page + layer.key_offset + head * cache.head_key_bytes(layer) +
                     slot * layer.key_size * cache.element_bytes();
    std::byte* value = page + layer.value_offset + head * cache.head_value_bytes(layer) +
                       slot * layer.value_size * cache.element_bytes();
    StoreRow(cache, keys + head * layer.key_size, key, layer.key_size);
    StoreRow(cache, values + head * layer.value_size, value, layer.value_size);
  }
}

// Some queries of one sequence for some of the query heads that share a key/value head.
struct QueryBlock {
  const SequenceSlice* sequence;
  size_t first;  // token of the slice
  size_t tokens;
  size_t kv_head;
  size_t first_head;  // of the group
  size_t heads;
};

void AttendBlock(const Step& step, const StepContext& context, const QueryBlock& block) {
  const CacheLayout& cache = context.program.cache;
  const auto& attention = std::get<AttentionAttributes>(step.attributes);
  const CacheLayout::Layer& layer =
      attention.of_source ? cache.source_layers[attention.state] : cache.layers[attention.state];
  const size_t group = attention.heads / attention.kv_heads;
  const size_t head = block.kv_head * group + block.first_head;
  const size_t token = block.sequence->first_token + block.first;

  AttentionTask task{};
  task.queries = FloatRow(step.inputs[0], context, token) + head * layer.key_size;
  task.query_stride = step.inputs[0].type.columns;
  task.output = FloatRow(step.output, context, token) + head * layer.value_size;
  task.output_stride = step.output.type.columns;
  task.tokens = block.tokens;
  task.first_position = block.sequence->position + block.first;
  task.group = block.heads;
  task.key_size = layer.key_size;
  task.value_size = layer.value_size;
  task.scale = attention.scale;
  task.window = attention.window;
  if (!attention.causal) task.all_positions = block.sequence->position + block.sequence->tokens;
  if (attention.of_source) task.all_positions = block.sequence->source_tokens;
  task.softcap = attention.softcap;
  task.rounds_bias = attention.rounds_bias;
  if (!attention.slopes.empty()) task.slopes = attention.slopes.data() + head;
  if (step.inputs[3]) {
    SetExtra(attention, reinterpret_cast<const float*>(step.inputs[3].weight.data) + head, task);
  }
  task.pages = (attention.of_source ? block.sequence->source_pages : block.sequence->pages).data();
  task.page_tokens = cache.page_tokens;
  task.key_offset = layer.key_offset + block.kv_head * cache.head_key_bytes(layer);
  task.value_offset = layer.value_offset + block.kv_head * cache.head_value_bytes(layer);
  task.half = cache.type == DType::kF16;
  task.scratch = context.scratch;
  context.program.kernels.attention().run(task);
}

}  // namespace

void CacheAppend(const Step& step, const StepContext& context) {
  const Worker::Range share = context.worker.Share(context.batch.tokens.size());
  for (const SequenceSlice& sequence : context.batch.sequences) {
    const size_t begin = std::max<size_t>(share.begin, sequence.first_token);
    const size_t end = std::min<size_t>(share.end, sequence.first_token + sequence.tokens);
    for (size_t t = begin; t < end; ++t) {
      AppendToken(step, context, sequence, t - sequence.first_token);
    }
  }
}

// Later queries see more and cost more, so blocks are dealt out in turn rather than in stretches.
void Attend(const Step& step, const StepContext& context) {
  const auto& attention = std::get<AttentionAttributes>(step.attributes);
  const size_t group = attention.heads / attention.kv_heads;
  const size_t heads_at_once = std::min<size_t>(group, kAttentionRows);
  const size_t tokens_at_once = kAttentionRows / heads_at_once;
  const auto workers = static_cast<size_t>(context.worker.count());
  size_t turn = static_cast<size_t>(context.worker.index());
  for (const SequenceSlice& sequence : context.batch.sequences) {
    for (size_t first = 0; first < sequence.tokens; first += tokens_at_once) {
      const size_t tokens = std::min<size_t>(tokens_at_once, sequence.tokens - first);
      for (size_t kv_head = 0; kv_head < attention.kv_heads; ++kv_head) {
        for (size_t head = 0; head < group; head += heads_at_once) {
          if (turn++ % workers != 0) continue;
          AttendBlock(
              step, context,
              {&sequence, first, tokens, kv_head, head, std::min(heads_at_once, group - head)});
        }
      }
    }
  }
}

}  // namespace ingle

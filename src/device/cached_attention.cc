#include "device/cached_attention.h"

#include "kernels/attention/cache_row.h"

namespace ingle {
namespace {

void SetExtra(const AttentionAttributes& attention, const float* extra, AttentionTask& task) {
  if (attention.buckets.empty()) {
    task.sinks = extra;
    return;
  }
  task.buckets = attention.buckets.data();
  task.farthest = attention.buckets.size() / 2;
  task.biases = extra;
  task.bias_stride = attention.heads;
}

void SetPages(const AttentionAttributes& attention, const CacheLayout& cache,
              const QueryBlock& block, AttentionTask& task) {
  const CacheLayout::Layer& layer =
      attention.of_source ? cache.source_layers[attention.state] : cache.layers[attention.state];
  const SequenceSlice& sequence = *block.sequence;
  task.pages = (attention.of_source ? sequence.source_pages : sequence.pages).data();
  task.type = cache.type;
  task.key_offset = layer.key_offset + block.kv_head * cache.head_key_bytes(layer);
  task.value_offset = layer.value_offset + block.kv_head * cache.head_value_bytes(layer);
}

}  // namespace

void AppendHead(const CacheLayout& cache, const CacheLayout::Layer& layer, const NewRow& row,
                size_t head, float* scratch) {
  std::byte* page = row.sequence.pages[row.position / cache.page_tokens];
  const size_t slot = row.position % cache.page_tokens;
  std::byte* keys = page + layer.key_offset + head * cache.head_key_bytes(layer);
  std::byte* values = page + layer.value_offset + head * cache.head_value_bytes(layer);
  StoreKey({cache.type, keys, slot, layer.key_size}, row.keys + head * layer.key_size, scratch);
  StoreValue({cache.type, values, slot, layer.value_size}, row.values + head * layer.value_size,
             scratch);
}

AttentionTask TaskOf(const AttentionAttributes& attention, const CacheLayout& cache,
                     const QueryBlock& block, const AttentionOperands& operands) {
  const SequenceSlice& sequence = *block.sequence;
  const size_t head = block.head(attention);
  AttentionTask task{};
  task.query_stride = operands.query_stride;
  task.output_stride = operands.output_stride;
  task.queries = operands.queries + block.token() * task.query_stride + head * attention.key_size;
  task.output = operands.output + block.token() * task.output_stride + head * attention.value_size;
  task.tokens = block.tokens;
  task.first_position = sequence.position + block.first;
  task.group = block.heads;
  task.key_size = attention.key_size;
  task.value_size = attention.value_size;
  task.scale = attention.scale;
  task.window = attention.window;
  if (!attention.causal) task.all_positions = sequence.position + sequence.tokens;
  if (attention.of_source) task.all_positions = sequence.source_tokens;
  task.softcap = attention.softcap;
  task.rounds_bias = attention.rounds_bias;
  if (!attention.slopes.empty()) task.slopes = attention.slopes.data() + head;
  if (operands.extra != nullptr) SetExtra(attention, operands.extra + head, task);
  SetPages(attention, cache, block, task);
  return task;
}

}  // namespace ingle

#include "device/cpu/attention_steps.h"

#include <algorithm>
#include <array>

#include "device/cached_attention.h"
#include "device/cpu/operands.h"

namespace ingle {
namespace {

const AttentionKernel& KernelFor(const Program& program, bool written) {
  return program.kernels.attention(program.cache.type, written);
}

// All that an attention's queries are cut into: blocks of tokens of one sequence and of the query
// heads that share a key/value head, numbered by sequence, then tokens, then heads. As large as the
// kernel takes them that a sequence's queries have.
class Blocks {
 public:
  Blocks(const Step& step, const StepContext& context)
      : attention_(std::get<AttentionAttributes>(step.attributes)),
        sequences_(context.batch.sequences),
        group_(attention_.heads / attention_.kv_heads),
        cuts_{CutFor(KernelFor(context.program, false)), CutFor(KernelFor(context.program, true))} {
    for (const SequenceSlice& sequence : sequences_) count_ += CountOf(sequence);
  }

  size_t count() const { return count_; }

  // The most rows that a block has.
  size_t most_rows() const {
    size_t most = 0;
    for (const SequenceSlice& sequence : sequences_) {
      const Cut& cut = CutOf(sequence);
      most = std::max(most, std::min<size_t>(sequence.tokens, cut.tokens) * cut.heads);
    }
    return most;
  }

  QueryBlock At(size_t i) const {
    size_t s = 0;
    for (; i >= CountOf(sequences_[s]); ++s) i -= CountOf(sequences_[s]);
    const Cut& cut = CutOf(sequences_[s]);
    const size_t parts = cut.parts_of_head * attention_.kv_heads;
    const size_t first = i / parts * cut.tokens;
    const size_t first_head = i % cut.parts_of_head * cut.heads;
    return {&sequences_[s],
            first,
            std::min<size_t>(cut.tokens, sequences_[s].tokens - first),
            i % parts / cut.parts_of_head,
            first_head,
            std::min(cut.heads, group_ - first_head)};
  }

 private:
  struct Cut {
    size_t heads;          // of a block
    size_t tokens;         // of a block
    size_t parts_of_head;  // blocks that share tokens and a key/value head
  };

  static size_t DivideUp(size_t a, size_t b) { return (a + b - 1) / b; }
  Cut CutFor(const AttentionKernel& kernel) const {
    const size_t heads = std::min(group_, kernel.most_rows);
    return {heads, kernel.most_rows / heads, DivideUp(group_, heads)};
  }
  const Cut& CutOf(const SequenceSlice& sequence) const { return cuts_[sequence.written]; }
  size_t CountOf(const SequenceSlice& sequence) const {
    const Cut& cut = CutOf(sequence);
    return DivideUp(sequence.tokens, cut.tokens) * cut.parts_of_head * attention_.kv_heads;
  }

  const AttentionAttributes& attention_;
  std::span<const SequenceSlice> sequences_;
  size_t group_;
  std::array<Cut, 2> cuts_;  // of sequences that are read, and that are written
  size_t count_ = 0;
};

const AttentionKernel& KernelFor(const StepContext& context, const QueryBlock& block) {
  return KernelFor(context.program, block.sequence->written);
}

AttentionTask BlockTask(const Step& step, const StepContext& context, const QueryBlock& block) {
  const Operand& extra = step.inputs[3];
  return TaskOf(std::get<AttentionAttributes>(step.attributes), context.program.cache, block,
                {FloatRow(step.inputs[0], context, 0), FloatStride(step.inputs[0]),
                 FloatRow(step.output, context, 0), FloatStride(step.output),
                 extra ? reinterpret_cast<const float*>(extra.weight.data) : nullptr});
}

// An attention of few blocks over many positions: workers share the chunks of each block. A round
// takes as many blocks and of them as many chunks as the shared memory has room for: each chunk's
// partial results go there, and when all are done the worker whose block it is merges them.
class SharedAttention {
 public:
  SharedAttention(const Step& step, const StepContext& context, const Blocks& blocks,
                  size_t most_chunks)
      : step_(step),
        context_(context),
        blocks_(blocks),
        worker_(static_cast<size_t>(context.worker.index())),
        workers_(static_cast<size_t>(context.worker.count())) {
    const auto& attention = std::get<AttentionAttributes>(step.attributes);
    slot_floats_ = PartialFloats(blocks.most_rows(), attention.value_size);
    const size_t slots = context.program.shared_floats / slot_floats_;
    blocks_at_once_ = std::clamp<size_t>(slots / most_chunks, 1, blocks.count());
    chunks_at_once_ = std::min(slots / blocks_at_once_, most_chunks);
    most_chunks_ = most_chunks;
  }

  void Run() {
    for (size_t block = 0; block < blocks_.count(); block += blocks_at_once_) {
      const size_t end = std::min(block + blocks_at_once_, blocks_.count());
      for (size_t chunk = 0; chunk < most_chunks_; chunk += chunks_at_once_) {
        RunRound({block, end, chunk});
      }
    }
  }

 private:
  struct Round {
    size_t block;
    size_t blocks_end;
    size_t chunk;  // counted from each block's first
  };

  void RunRound(const Round& round) {
    if (round.block + round.chunk > 0) context_.worker.Barrier();  // merged: there is room again
    size_t turn = 0;
    for (size_t i = 0; i < chunks_at_once_; ++i) {
      for (size_t block = round.block; block < round.blocks_end; ++block) {
        const QueryBlock queries = blocks_.At(block);
        AttentionTask task = BlockTask(step_, context_, queries);
        const ChunkRange chunks = ChunksOf(task);
        task.chunk = chunks.first + round.chunk + i;
        if (task.chunk >= chunks.last || turn++ % workers_ != worker_) continue;
        task.partial = Slot(round, block, i, task);
        task.scratch = context_.scratch;
        KernelFor(context_, queries).run(task);
      }
    }
    context_.worker.Barrier();
    for (size_t block = round.block; block < round.blocks_end; ++block) {
      if (block % workers_ == worker_) Merge(round, block);
    }
  }

  // What is merged of a block stays in its worker's scratch memory from round to round: there is
  // more than one only where a round has no more than one block.
  void Merge(const Round& round, size_t block) {
    const QueryBlock queries = blocks_.At(block);
    const AttentionTask task = BlockTask(step_, context_, queries);
    const ChunkRange chunks = ChunksOf(task);
    // Beyond what a kernel works in.
    float* memory =
        context_.scratch + KernelFor(context_, queries).scratch(task.key_size, task.value_size);
    const AttentionPartial state = LayPartial(memory, task.tokens * task.group, task.value_size);
    if (round.chunk == 0) BeginAttention(task, state);
    for (size_t i = 0; i < chunks_at_once_; ++i) {
      if (chunks.first + round.chunk + i >= chunks.last) break;
      MergePartial(task, Slot(round, block, i, task), state);
    }
    if (round.chunk + chunks_at_once_ >= most_chunks_) FinishAttention(task, state);
  }

  AttentionPartial Slot(const Round& round, size_t block, size_t i,
                        const AttentionTask& task) const {
    const size_t slot = (block - round.block) * chunks_at_once_ + i;
    return LayPartial(context_.shared + slot * slot_floats_, task.tokens * task.group,
                      task.value_size);
  }

  const Step& step_;
  const StepContext& context_;
  const Blocks& blocks_;
  size_t worker_;
  size_t workers_;
  size_t slot_floats_;
  size_t blocks_at_once_;
  size_t chunks_at_once_;
  size_t most_chunks_;
};

// How many chunks there are: of the block that has most, of the worker that has most when blocks
// are dealt out in turn, of all.
struct ChunkCounts {
  size_t of_block = 0;
  size_t of_worker = 0;
  size_t all = 0;
};
ChunkCounts CountChunks(const Step& step, const StepContext& context, const Blocks& blocks) {
  const auto workers = static_cast<size_t>(context.worker.count());
  ChunkCounts counts;
  for (size_t worker = 0; worker < workers; ++worker) {
    size_t own = 0;
    for (size_t i = worker; i < blocks.count(); i += workers) {
      const ChunkRange chunks = ChunksOf(BlockTask(step, context, blocks.At(i)));
      counts.of_block = std::max(counts.of_block, chunks.last - chunks.first);
      own += chunks.last - chunks.first;
    }
    counts.of_worker = std::max(counts.of_worker, own);
    counts.all += own;
  }
  return counts;
}

// Later queries see more and cost more, so blocks are dealt out in turn rather than in stretches.
void AttendInTurn(const Step& step, const StepContext& context, const Blocks& blocks) {
  const auto workers = static_cast<size_t>(context.worker.count());
  for (auto i = static_cast<size_t>(context.worker.index()); i < blocks.count(); i += workers) {
    const QueryBlock queries = blocks.At(i);
    AttentionTask task = BlockTask(step, context, queries);
    task.scratch = context.scratch;
    AttendBlock(KernelFor(context, queries), task);
  }
}

}  // namespace

// By tokens and heads, so that one token alone is shared too.
void CacheAppend(const Step& step, const StepContext& context) {
  const CacheLayout& cache = context.program.cache;
  const auto& attention = std::get<AttentionAttributes>(step.attributes);
  const CacheLayout::Layer& layer = cache.layers[attention.state];
  for (const SequenceSlice& sequence : context.batch.sequences) {
    const Worker::Range share = context.worker.Share(size_t{sequence.tokens} * attention.kv_heads);
    for (size_t i = share.begin; i < share.end; ++i) {
      const size_t t = i / attention.kv_heads;
      const NewRow row{sequence, sequence.position + t,
                       FloatRow(step.inputs[0], context, sequence.first_token + t),
                       FloatRow(step.inputs[1], context, sequence.first_token + t)};
      AppendHead(cache, layer, row, i % attention.kv_heads, context.scratch);
    }
  }
}

// A few blocks for each worker are enough to keep all at work. Of fewer, chunks are shared where a
// worker would have an eighth more than its part: it costs a barrier, and partial results pass from
// core to core.
void Attend(const Step& step, const StepContext& context) {
  constexpr size_t kEnoughBlocks = 4;
  const Blocks blocks(step, context);
  const auto workers = static_cast<size_t>(context.worker.count());
  if (workers > 1 && blocks.count() < kEnoughBlocks * workers) {
    const ChunkCounts chunks = CountChunks(step, context, blocks);
    if (chunks.of_block > 1 && chunks.of_worker * workers > chunks.all + chunks.all / 8) {
      SharedAttention(step, context, blocks, chunks.of_block).Run();
      return;
    }
  }
  AttendInTurn(step, context, blocks);
}

}  // namespace ingle

#include "tokenizer/prefix_trie.h"

#include <algorithm>

namespace ingle {
namespace {

constexpr uint32_t kBlock = 256;
// How hard a place for a node's children is looked for: in so many blocks at the end, at so many
// free places of each. More fills the array better and takes longer.
constexpr uint32_t kOpenBlocks = 16;
constexpr int kPatience = 16;

}  // namespace

class PrefixTrie::Builder {
 public:
  Builder(Keys keys, std::vector<Node>& nodes) : keys_(std::move(keys)), nodes_(nodes) {}

  void Build() {
    std::stable_sort(keys_.begin(), keys_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    AddBlock();
    nodes_[0].parent = kNoParent;
    --free_[0];
    std::vector<Span> spans = {{0, keys_.size(), 0, 0}};
    while (!spans.empty()) {
      const Span span = spans.back();
      spans.pop_back();
      Expand(span, spans);
    }
  }

 private:
  // Keys that share their first `depth` bytes, which lead to `node`.
  struct Span {
    size_t begin;
    size_t end;
    size_t depth;
    uint32_t node;
  };

  // Places the children of the span's node, and appends their spans.
  void Expand(Span span, std::vector<Span>& spans) {
    for (; span.begin < span.end && keys_[span.begin].first.size() == span.depth; ++span.begin) {
      if (span.depth > 0) nodes_[span.node].id = keys_[span.begin].second;
    }
    if (span.begin == span.end) return;
    labels_.clear();
    const size_t first = spans.size();
    for (size_t i = span.begin; i < span.end;) {
      const char label = keys_[i].first[span.depth];
      size_t next = i;
      while (next < span.end && keys_[next].first[span.depth] == label) ++next;
      labels_.push_back(static_cast<unsigned char>(label));
      spans.push_back({i, next, span.depth + 1, 0});
      i = next;
    }
    const uint32_t base = FindBase();
    nodes_[span.node].base = base;
    for (size_t i = 0; i < labels_.size(); ++i) {
      const uint32_t child = base ^ labels_[i];
      nodes_[child].parent = span.node;
      --free_[child / kBlock];
      spans[first + i].node = child;
    }
  }

  // A base from which the children for all labels are free.
  uint32_t FindBase() {
    const auto blocks = static_cast<uint32_t>(nodes_.size() / kBlock);
    for (uint32_t block = blocks > kOpenBlocks ? blocks - kOpenBlocks : 0; block < blocks;
         ++block) {
      int tries = 0;
      if (free_[block] < labels_.size()) continue;
      for (uint32_t at = block * kBlock; at < (block + 1) * kBlock && tries < kPatience; ++at) {
        if (nodes_[at].parent != kFree) continue;
        ++tries;
        const uint32_t base = at ^ labels_[0];
        if (Fits(base)) return base;
      }
    }
    AddBlock();
    return blocks * kBlock;
  }

  void AddBlock() {
    nodes_.resize(nodes_.size() + kBlock);
    free_.push_back(kBlock);
  }

  bool Fits(uint32_t base) const {
    return std::all_of(labels_.begin(), labels_.end(),
                       [&](unsigned char label) { return nodes_[base ^ label].parent == kFree; });
  }

  Keys keys_;
  std::vector<Node>& nodes_;
  std::vector<uint32_t> free_;         // nodes of each block
  std::vector<unsigned char> labels_;  // of the children that are being placed
};

Result<PrefixTrie> PrefixTrie::Create(Keys keys) {
  for (const auto& [text, id] : keys) {
    if (text.size() <= kLongest) continue;
    return Fail(ErrorCode::kUnsupported, "tokenizer.ggml.tokens[", id, "] has ", text.size(),
                " bytes; the limit is ", kLongest);
  }
  PrefixTrie trie;
  Builder(std::move(keys), trie.nodes_).Build();
  return trie;
}

}  // namespace ingle

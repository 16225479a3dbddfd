// Products with panels by AVX-512 VNNI: a line of a panel is a register.
#pragma once

#include "kernels/matmul/x86_avx512_lanes_inline.h"

#include "kernels/matmul/panel_products_inline.h"
#include "kernels/matmul/x86_vnni_inline.h"

namespace ingle {
namespace {

inline Words DotAdd(Words sums, Bytes without_sign, Bytes with_sign) {
  return _mm512_dpbusd_epi32(sums, without_sign, with_sign);
}

struct Avx512 : Vnni<DotAdd>, RowsInLanes {
  // The sums of twelve, the weights and what comes in between fit 32 registers. Sixteen spill some,
  // which costs less than to read the panel once more.
  static constexpr int kFewTokens = 16;
  static constexpr int SidesAtOnce(int) { return 1; }
  // On Granite Rapids one or two tokens gain 4% by both, and more, which calculate, lose 3%.
  static constexpr Ahead AheadFor(int tokens, size_t group_bytes) {
    return tokens <= 2 ? Ahead{1024, 3072} : UsualAhead(tokens, group_bytes);
  }
  // Q4_0 unpacks in as little as it takes to read what was unpacked.
  static constexpr size_t ManyFrom(Codes codes) { return codes == Codes::kCentred ? kNever : 64; }
  static constexpr int kTileTokens = 16;
  static constexpr int kMinimumTokens = 16;
};

}  // namespace
}  // namespace ingle

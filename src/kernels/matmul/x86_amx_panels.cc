// Panels of quantized weights times Q8 activations, AMX: sixteen rows by sixteen tokens in a tile.
//
// Sixteen columns share a scale, so an instruction gets no more of them: the activations are a tile
// of sixteen rows of sixteen bytes, the weights one of four lines. What comes out goes through
// memory to be scaled by AVX-512, which so does the larger part of the work; it takes the results
// of two steps while the tiles are busy with the next two. Few tokens, and those that are left over
// from sixteens, are AVX-512's altogether.
#include "kernels/matmul/x86.h"
#include "kernels/matmul/x86_avx512_vnni_inline.h"
#include "kernels/x86_amx_inline.h"

namespace ingle {
namespace {

// The numbers of tiles have to be literals: 0 and 1 hold products, 2 and 3 activations, 4 and 5
// weights.
struct Amx : Avx512 {
  static constexpr bool kHasTiles = true;
  using Products = int32_t[kTileTokens][kPanelRows];
  using Scales = float[kTileTokens][kChunkSteps];

  static void Configure() {
    TileConfig config;
    for (int i = 0; i < 2; ++i) {
      config.rows[i] = kTileTokens;
      config.row_bytes[i] = sizeof(Line);
      config.rows[2 + i] = kTileTokens;
      config.row_bytes[2 + i] = kQ8Group;
      config.rows[4 + i] = 4;
      config.row_bytes[4 + i] = sizeof(Line);
    }
    ingle::Configure(config);
  }
  static void Release() { _tile_release(); }

  [[gnu::flatten, gnu::noinline]] static void AddTile(Tokens x, const PlainColumns* columns,
                                                      const Pass& pass,
                                                      float (*kept)[kSides][kLanes]) {
    alignas(64) Products products[2][2];  // of two steps, and of the two before
    alignas(64) Scales scales;
    Unrolled<kTileTokens>([&](auto t) { CopyScales(x, t, pass, scales[t]); });
    Floats sums[kTileTokens] = {};
    if (pass.begin > 0) Unrolled<kTileTokens>([&](auto t) { sums[t] = FloatsAt(kept[t][0]); });
    WriteEverything();
    const size_t pairs = (pass.end - pass.begin) / 2;
    for (size_t pair = 0; pair <= pairs; ++pair) {
      const PlainColumns* both = columns + 2 * pair;
      if (pair < pairs) MultiplyPair(x, both, pass.begin + 2 * pair, products[pair % 2]);
      if (pair == 0) continue;
      const Products* before = products[(pair - 1) % 2];
      AddScaled(before[0], both[-2], scales, 2 * pair - 2, sums);
      AddScaled(before[1], both[-1], scales, 2 * pair - 1, sums);
    }
    Unrolled<kTileTokens>([&](auto t) { Put(kept[t][0], sums[t]); });
  }

 private:
  static void MultiplyPair(const Tokens& x, const PlainColumns* columns, size_t step,
                           Products (&products)[2]) {
    _tile_loadd(2, x.At(0, step), x.stride);
    _tile_loadd(4, columns[0].side[0].q, sizeof(Line));
    _tile_zero(0);
    _tile_dpbssd(0, 2, 4);
    _tile_loadd(3, x.At(0, step + 1), x.stride);
    _tile_loadd(5, columns[1].side[0].q, sizeof(Line));
    _tile_zero(1);
    _tile_dpbssd(1, 3, 5);
    _tile_stored(0, products[0], sizeof(Line));
    _tile_stored(1, products[1], sizeof(Line));
  }

  static void AddScaled(const Products& products, const PlainColumns& columns, const Scales& scales,
                        size_t step, Floats (&sums)[kTileTokens]) {
    const Floats scale = FloatsAt(columns.side[0].scale);
    Unrolled<kTileTokens>([&](auto t) {
      AddDot(BytesAt(products[t]), scale, SplatFloatAt(&scales[t][step]), sums[t]);
    });
  }
};

}  // namespace

const PanelKernels kAmxPanels = PanelKernelsOf<Amx>();

}  // namespace ingle

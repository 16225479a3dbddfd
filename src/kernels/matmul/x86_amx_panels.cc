// Panels of quantized weights times Q8 activations, AMX: sixteen rows by sixteen tokens in a tile.
//
// Activations have a multiplier for every sixteen columns, so an instruction gets no more: they are
// a tile of sixteen rows of sixteen bytes, the weights one of four lines. What comes out goes
// through memory to be scaled by AVX-512, which so does the larger part of the work; it takes the
// results of two steps while the tiles are busy with the next two. Few tokens, and those that are
// left over from sixteens, are AVX-512's altogether.
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
  using Multipliers = float[kTileTokens][kBlockSteps];

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

  template <int kSteps>
  [[gnu::flatten, gnu::noinline]] static void AddTile(Tokens x, const PlainColumns<kSteps>* columns,
                                                      const Pass& pass,
                                                      float (*kept)[kSides][kLanes]) {
    alignas(64) Products products[2][2];  // of two steps, and of the two before
    alignas(64) Multipliers multipliers;
    Unrolled<kTileTokens>([&](auto t) { CopyMultipliers(x, t, pass, multipliers[t]); });
    Floats sums[kTileTokens] = {};
    WriteEverything();
    const size_t pairs = pass.steps() / 2;
    for (size_t pair = 0; pair <= pairs; ++pair) {
      const PlainColumns<kSteps>* both = columns + 2 / kSteps * pair;
      if (pair < pairs) MultiplyPair(x, both, pass.begin + 2 * pair, products[pair % 2]);
      if (pair == 0) continue;
      AddProducts(products[(pair - 1) % 2], both - 2 / kSteps, multipliers, 2 * pair - 2, sums);
    }
    Unrolled<kTileTokens>([&](auto t) { AddBlock(sums[t], x, t, pass.begin, kept[t][0]); });
  }

 private:
  // The weights of either half of 32 columns.
  template <int kSteps>
  static const void* HalfOf(const PlainColumns<kSteps>* columns, int half) {
    return kSteps == 2 ? columns->side[0].q[4 * half] : columns[half].side[0].q[0];
  }

  template <int kSteps>
  static void MultiplyPair(const Tokens& x, const PlainColumns<kSteps>* columns, size_t step,
                           Products (&products)[2]) {
    _tile_loadd(2, x.At(0, step), x.stride);
    _tile_loadd(4, HalfOf(columns, 0), sizeof(Line));
    _tile_zero(0);
    _tile_dpbssd(0, 2, 4);
    _tile_loadd(3, x.At(0, step + 1), x.stride);
    _tile_loadd(5, HalfOf(columns, 1), sizeof(Line));
    _tile_zero(1);
    _tile_dpbssd(1, 3, 5);
    _tile_stored(0, products[0], sizeof(Line));
    _tile_stored(1, products[1], sizeof(Line));
  }

  // 32 columns: one stretch, or two.
  template <int kSteps>
  static void AddProducts(const Products (&products)[2], const PlainColumns<kSteps>* columns,
                          const Multipliers& multipliers, size_t step,
                          Floats (&sums)[kTileTokens]) {
    Unrolled<2 / kSteps>([&](auto stretch) {
      const Floats scale = FloatsAt(columns[stretch].side[0].scale);
      Unrolled<kTileTokens>([&](auto t) {
        Floats product;
        Unrolled<kSteps>([&](auto i) {
          constexpr int kHalf = stretch * kSteps + i;
          const Floats multiplier = SplatFloatAt(&multipliers[t][step + kHalf]);
          AddMultiplied<i>(BytesAt(products[kHalf][t]), multiplier, product);
        });
        sums[t] = Fma(product, scale, sums[t]);
      });
    });
  }
};

}  // namespace

const PanelKernels kAmxPanels = PanelKernelsOf<Amx>();

}  // namespace ingle

// Panels of quantized weights times Q8 activations, NEON with products of matrices: smmla
// multiplies two rows by two tokens, eight columns of each.
//
// Its four results lie crosswise: two tokens of a row, two of the next. So do the activations and
// multipliers of a tile, which are crossed when it begins, and its sums, which are crossed back
// when it ends; the weights, which stay for all its tokens, are crossed at every step. Few tokens,
// and those that are left over from sixteens, go by dot products.
#include "kernels/matmul/arm.h"
#include "kernels/matmul/arm_dotprod_inline.h"

namespace ingle {
namespace {

// Of two vectors the low, or the high, halves of each.
inline Bytes LowHalves(Bytes a, Bytes b) {
  return vreinterpretq_u8_u64(vzip1q_u64(vreinterpretq_u64_u8(a), vreinterpretq_u64_u8(b)));
}
inline Bytes HighHalves(Bytes a, Bytes b) {
  return vreinterpretq_u8_u64(vzip2q_u64(vreinterpretq_u64_u8(a), vreinterpretq_u64_u8(b)));
}

// Four columns of rows 0 to 3, and the next four: eight columns of rows 0 and 1, of rows 2 and 3.
inline int8x16_t FirstRows(Bytes a, Bytes b) {
  return vreinterpretq_s8_u32(vzip1q_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)));
}
inline int8x16_t LastRows(Bytes a, Bytes b) {
  return vreinterpretq_s8_u32(vzip2q_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)));
}

struct I8mm : Dotprod {
  static constexpr bool kHasTiles = true;

  template <Codes kCodes, int kSteps>
  [[gnu::flatten, gnu::noinline]] static void AddTile(const Tokens& x,
                                                      const PlainColumns<kSteps>* columns,
                                                      const Pass& pass,
                                                      float (*kept)[kSides][kLanes]) {
    Crossed crossed;
    for (size_t step = pass.begin; step < pass.end; ++step) {
      Cross<kCodes>(x, step, crossed.steps[step - pass.begin]);
    }
    for (int side = 0; side < kSides; ++side) {
      Floats sums[2][kPairs] = {};  // of rows 0 and 1, of rows 2 and 3
      for (size_t i = 0; i < pass.steps() / kSteps; ++i) {
        AddProducts<kCodes, kSteps>(columns[i].side[side], crossed.steps + i * kSteps, sums);
      }
      Unrolled<kPairs>([&](auto p) {
        AddBlock(vuzp1q_f32(sums[0][p], sums[1][p]), x, 2 * p, pass.begin, kept[2 * p][side]);
        AddBlock(vuzp2q_f32(sums[0][p], sums[1][p]), x, 2 * p + 1, pass.begin,
                 kept[2 * p + 1][side]);
      });
    }
  }

 private:
  static constexpr int kPairs = kTileTokens / 2;

  // Two tokens side by side.
  struct Crossed {
    struct Step {
      uint8_t q[kPairs][2][16];      // columns 0 to 7 of both, columns 8 to 15 of both
      uint64_t multipliers[kPairs];  // two floats
      uint64_t centres[kPairs];      // of the step and the one before or after it
    };
    Step steps[kBlockSteps];
  };

  static uint64_t BothOf(const std::byte* first, const std::byte* second) {
    uint64_t both;
    __builtin_memcpy(&both, first, sizeof(float));
    __builtin_memcpy(reinterpret_cast<std::byte*>(&both) + sizeof(float), second, sizeof(float));
    return both;
  }

  template <Codes kCodes>
  static void Cross(const Tokens& x, size_t step, Crossed::Step& to) {
    for (size_t p = 0; p < kPairs; ++p) {
      const Bytes a = BytesAt(x.At(2 * p, step)), b = BytesAt(x.At(2 * p + 1, step));
      Put(to.q[p][0], LowHalves(a, b));
      Put(to.q[p][1], HighHalves(a, b));
      to.multipliers[p] = BothOf(x.MultiplierAt(2 * p, step), x.MultiplierAt(2 * p + 1, step));
      if constexpr (kCodes == Codes::kCentred) {
        to.centres[p] = BothOf(x.CentreAt(2 * p, step), x.CentreAt(2 * p + 1, step));
      }
    }
  }

  template <Codes kCodes, int kSteps>
  static void AddProducts(const typename PlainColumns<kSteps>::Side& w, const Crossed::Step* x,
                          Floats (&sums)[2][kPairs]) {
    int8x16_t rows[kSteps][2][2];  // of rows 0 and 1, of rows 2 and 3, eight columns
    Unrolled<kSteps>([&](auto i) {
      Unrolled<2>([&](auto half) {
        const Bytes a = BytesAt(w.q[4 * i + 2 * half]), b = BytesAt(w.q[4 * i + 2 * half + 1]);
        rows[i][0][half] = FirstRows(a, b);
        rows[i][1][half] = LastRows(a, b);
      });
    });
    const Floats scale = FloatsAt(w.scale);
    const Floats scales[2] = {vzip1q_f32(scale, scale), vzip2q_f32(scale, scale)};
    Unrolled<kPairs>([&](auto p) {
      Unrolled<2>([&](auto r) {
        constexpr bool kBegun = kCodes == Codes::kCentred;
        Floats product;
        if constexpr (kBegun) product = vreinterpretq_f32_u64(vld1q_dup_u64(&x->centres[p]));
        Unrolled<kSteps>([&](auto i) {
          const int8x16_t low = vreinterpretq_s8_u8(BytesAt(x[i].q[p][0]));
          const int8x16_t high = vreinterpretq_s8_u8(BytesAt(x[i].q[p][1]));
          const Words dots =
              vmmlaq_s32(vmmlaq_s32(Splat(0), rows[i][r][0], low), rows[i][r][1], high);
          const uint64x2_t multipliers = vld1q_dup_u64(&x[i].multipliers[p]);
          AddMultiplied<i + kBegun>(dots, vreinterpretq_f32_u64(multipliers), product);
        });
        sums[r][p] = Fma(product, scales[r], sums[r][p]);
      });
    });
  }
};

}  // namespace

const PanelKernels kI8mmPanels = PanelKernelsOf<I8mm>();

}  // namespace ingle

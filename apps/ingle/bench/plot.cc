#include <algorithm>

#include "bench/report.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr double kWidth = 720;
constexpr double kLabelWidth = 210;
constexpr double kValueWidth = 110;
constexpr double kBarHeight = 16;
constexpr double kGroupGap = 12;
constexpr double kHeadHeight = 30;
// Ours, then the others': told apart by people who see few colours, too.
constexpr std::string_view kColours[] = {"#0b6e99", "#d98c1f", "#8a8f98", "#7a4fa3"};

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      escaped += c;
  }
  return escaped;
}

struct Bar {
  std::string name;
  double value;
};

std::vector<Bar> BarsOf(const BenchFigure& figure) {
  std::vector<Bar> bars = {{"ingle", Mean(figure.tokens_per_second)}};
  for (const PeerFigure& peer : figure.peers) {
    bars.push_back({peer.name, peer.tokens_per_second.empty() ? 0 : Mean(peer.tokens_per_second)});
  }
  return bars;
}

std::string LabelOf(const BenchFigure& figure) {
  const BenchTest& test = figure.test;
  std::string label = test.Name();
  if (test.depth > 0) label += Cat(" at ", test.depth);
  if (test.sequences > 1) label += Cat(", ", test.sequences, " sequences");
  return Cat(label, ", ", figure.Threads(), test.threads == 1 ? " thread" : " threads");
}

class Drawing {
 public:
  // The figures of one kind, on a scale of their own.
  void Panel(const BenchReport& report, BenchTest::Kind kind) {
    double longest = 0;
    for (const BenchFigure& figure : report.figures) {
      if (figure.test.kind != kind) continue;
      for (const Bar& bar : BarsOf(figure)) longest = std::max(longest, bar.value);
    }
    if (longest <= 0) return;
    Text(0, y_ + 16, "bold",
         kind == BenchTest::Kind::kPrefill ? "Prefill, tokens/s" : "Decode, tokens/s");
    y_ += kHeadHeight;
    for (const BenchFigure& figure : report.figures) {
      if (figure.test.kind == kind) Group(figure, longest);
    }
  }

  void Legend(const BenchReport& report) {
    std::vector<std::string> names = {"ingle"};
    names.insert(names.end(), report.peers.begin(), report.peers.end());
    for (size_t i = 0; i < names.size(); ++i) {
      Rectangle(0, y_, 12, 12, Colour(i));
      Text(18, y_ + 11, "normal", names[i]);
      y_ += 18;
    }
    y_ += kGroupGap;
  }

  std::string Finish(const BenchReport& report) const {
    const std::string title = Cat(report.model.name.empty() ? report.model.path : report.model.name,
                                  ", ", report.model.weight_type, ", ", report.processor);
    return Cat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-12 -12 ", kWidth + 24, " ",
               y_ + 60, "\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n<title>",
               Escaped(title), "</title>\n<rect x=\"-12\" y=\"-12\" width=\"", kWidth + 24,
               "\" height=\"", y_ + 60, "\" fill=\"#ffffff\"/>\n<text x=\"0\" y=\"14\" ",
               "font-weight=\"bold\">", Escaped(title),
               "</text>\n<g transform=\"translate(0,32)\">\n", body_, "</g>\n</svg>\n");
  }

 private:
  static std::string_view Colour(size_t i) { return kColours[i % std::size(kColours)]; }

  void Rectangle(double x, double y, double width, double height, std::string_view colour) {
    body_ += Cat("<rect x=\"", x, "\" y=\"", y, "\" width=\"", Fixed(width, 1), "\" height=\"",
                 height, "\" fill=\"", colour, "\"/>\n");
  }
  void Text(double x, double y, std::string_view weight, std::string_view text) {
    body_ += Cat("<text x=\"", Fixed(x, 1), "\" y=\"", y, "\" font-weight=\"", weight, "\">",
                 Escaped(text), "</text>\n");
  }

  void Group(const BenchFigure& figure, double longest) {
    const std::vector<Bar> bars = BarsOf(figure);
    Text(0, y_ + 13, "normal", LabelOf(figure));
    for (size_t i = 0; i < bars.size(); ++i) {
      const double width = (kWidth - kLabelWidth - kValueWidth) * bars[i].value / longest;
      Rectangle(kLabelWidth, y_, width, kBarHeight - 2, Colour(i));
      const std::string value = bars[i].value > 0 ? Fixed(bars[i].value, 1) : "none";
      const std::string share =
          i == 0 && figure.limit > 0
              ? Cat(" (", Fixed(100 * bars[i].value / figure.limit, 0), "% of limit)")
              : "";
      Text(kLabelWidth + width + 6, y_ + 12, "normal", value + share);
      y_ += kBarHeight;
    }
    y_ += kGroupGap;
  }

  std::string body_;
  double y_ = 0;
};

}  // namespace

std::string SvgOf(const BenchReport& report) {
  Drawing drawing;
  drawing.Legend(report);
  drawing.Panel(report, BenchTest::Kind::kPrefill);
  drawing.Panel(report, BenchTest::Kind::kDecode);
  return drawing.Finish(report);
}

}  // namespace ingle

#include "kernels/recurrent/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/recurrent/delta_rule_by_eight_inline.h"
#include "kernels/recurrent/selective_scan_by_eight_inline.h"
#include "kernels/recurrent/short_conv_by_eight_inline.h"

namespace ingle {

void ShortConvAvx2(const ShortConvTask& task) { ShortConvByEight(task); }
void SelectiveScanAvx2(const SelectiveScanTask& task) { SelectiveScanByEight(task); }
void DeltaRuleAvx2(const DeltaRuleTask& task) { DeltaRuleByEight(task); }

}  // namespace ingle

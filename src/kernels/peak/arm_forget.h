// Makes the compiler forget what the vector v holds. It would otherwise compute equal sums
// once. No instruction.
#pragma once

#define INGLE_FORGET(v) __asm__ volatile("" : "+w"(v))

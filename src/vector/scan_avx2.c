/* The kernels for processors with AVX2, and for those that multiply and add bytes in one step (AVX-512 VNNI). Four rows at a time, so that the question is loaded once. */
#include "vector/inside.h"

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2"), always_inline)) static inline
#define VNNI_TARGET "avx2,avx512vl,avx512vnni"

/* sum + row * q, eight sums in parallel. A row's part of 32 bytes meets four parts of the question. */
typedef __m256i step(__m256i sum, __m256i row, const int8_t *q);

AVX2 __m256i load(const void *p)
{
	return _mm256_loadu_si256(p);
}

AVX2 __m256i two_bits(__m256i row, int shift)
{
	return _mm256_and_si256(_mm256_srli_epi16(row, shift), _mm256_set1_epi8(3));
}

/* maddubs multiplies unsigned by signed and adds pairs; four sums of two products of at most 3 * 127 fit its 16 bits. */
AVX2 __m256i step_avx2(__m256i sum, __m256i row, const int8_t *q)
{
	__m256i one = _mm256_maddubs_epi16(two_bits(row, 0), load(q)), two = _mm256_maddubs_epi16(two_bits(row, 2), load(q + 32));
	__m256i three = _mm256_maddubs_epi16(two_bits(row, 4), load(q + 64)), four = _mm256_maddubs_epi16(two_bits(row, 6), load(q + 96));

	one = _mm256_add_epi16(_mm256_add_epi16(one, two), _mm256_add_epi16(three, four));
	return _mm256_add_epi32(sum, _mm256_madd_epi16(one, _mm256_set1_epi16(1)));
}

__attribute__((target(VNNI_TARGET), always_inline)) static inline __m256i step_vnni(__m256i sum, __m256i row, const int8_t *q)
{
	sum = _mm256_dpbusd_epi32(sum, two_bits(row, 0), load(q));
	sum = _mm256_dpbusd_epi32(sum, two_bits(row, 2), load(q + 32));
	sum = _mm256_dpbusd_epi32(sum, two_bits(row, 4), load(q + 64));
	return _mm256_dpbusd_epi32(sum, two_bits(row, 6), load(q + 96));
}

/* What eight sums come to, of four rows. */
AVX2 __m128i across(__m256i a, __m256i b, __m256i c, __m256i d)
{
	__m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));

	return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

/* Asks for the memory of rows that come AHEAD_BYTES later: the processor's own prefetch ends at each page of 4 KiB. */
enum { AHEAD_BYTES = 16384, LINE_BYTES = 64 };

AVX2 void fetch(const uint8_t *from, size_t at, size_t end, const uint8_t *next, int bytes)
{
	const uint8_t *p = at < end ? from + at : next + (at - end);

	for (int i = 0; i < bytes; i += LINE_BYTES)
		_mm_prefetch((const char *)p + i, _MM_HINT_T0);
}

AVX2 void dots(step *add, const int8_t *q, const uint8_t *rows, const uint8_t *next, int n, int stride, int32_t *out)
{
	const __m256i zero = _mm256_setzero_si256();
	const uint8_t *v = rows;
	int r = 0;

	for (; r + 3 < n; r += 4, v += 4 * stride) {
		__m256i a = zero, b = zero, c = zero, d = zero;

		fetch(rows, (size_t)(v - rows) + AHEAD_BYTES, (size_t)n * (size_t)stride, next, 4 * stride);
		for (int i = 0; i < stride; i += FL_SCAN_ALIGN) {
			a = add(a, load(v + i), q + 4 * i);
			b = add(b, load(v + stride + i), q + 4 * i);
			c = add(c, load(v + 2 * stride + i), q + 4 * i);
			d = add(d, load(v + 3 * stride + i), q + 4 * i);
		}
		_mm_storeu_si128((__m128i *)(void *)(out + r), across(a, b, c, d));
	}
	for (; r < n; r++, v += stride) {
		__m256i a = zero;

		for (int i = 0; i < stride; i += FL_SCAN_ALIGN)
			a = add(a, load(v + i), q + 4 * i);
		out[r] = _mm_cvtsi128_si32(across(a, zero, zero, zero));
	}
}

__attribute__((target("avx2"))) void fl_vdots_avx2(const int8_t *q, const uint8_t *rows, const uint8_t *next, int n, int stride, int32_t *out)
{
	dots(step_avx2, q, rows, next, n, stride, out);
}

__attribute__((target(VNNI_TARGET))) void fl_vdots_vnni(const int8_t *q, const uint8_t *rows, const uint8_t *next, int n, int stride, int32_t *out)
{
	dots(step_vnni, q, rows, next, n, stride, out);
}
#endif

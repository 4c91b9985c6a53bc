#include <math.h>

#include "llm/model.h"

enum { STEPS = 30 };

double fl_platt_confidence(const struct fl_platt *p, double margin, double best)
{
	return 1 / (1 + exp(-(p->margin * margin + p->best * best + p->bias)));
}

/* Solves the 3 x 3 system h x = g in place by elimination with pivoting; false when it is singular. */
static bool solve(double h[3][3], double g[3])
{
	for (int i = 0; i < 3; i++) {
		int pivot = i;

		for (int k = i + 1; k < 3; k++)
			if (fabs(h[k][i]) > fabs(h[pivot][i]))
				pivot = k;
		if (fabs(h[pivot][i]) < 1e-12)
			return false;
		for (int k = 0; k < 3; k++) {
			double swap = h[i][k];

			h[i][k] = h[pivot][k];
			h[pivot][k] = swap;
		}
		double swap = g[i];

		g[i] = g[pivot];
		g[pivot] = swap;
		for (int k = i + 1; k < 3; k++) {
			double f = h[k][i] / h[i][i];

			for (int j = i; j < 3; j++)
				h[k][j] -= f * h[i][j];
			g[k] -= f * g[i];
		}
	}
	for (int i = 2; i >= 0; i--) {
		for (int k = i + 1; k < 3; k++)
			g[i] -= h[i][k] * g[k];
		g[i] /= h[i][i];
	}
	return true;
}

static bool newton(const struct fl_outcome *rows, int n, double yes, double no, double w[3])
{
	double h[3][3] = { { 1e-3, 0, 0 }, { 0, 1e-3, 0 }, { 0, 0, 1e-6 } }, g[3] = { -1e-3 * w[0], -1e-3 * w[1], 0 };

	for (int i = 0; i < n; i++) {
		double x[3] = { rows[i].margin, rows[i].best, 1 };
		double p = 1 / (1 + exp(-(w[0] * x[0] + w[1] * x[1] + w[2]))), t = rows[i].right ? yes : no;

		for (int k = 0; k < 3; k++) {
			g[k] += rows[i].weight * (t - p) * x[k];
			for (int j = 0; j < 3; j++)
				h[k][j] += rows[i].weight * p * (1 - p) * x[k] * x[j];
		}
	}
	if (!solve(h, g))
		return false;
	for (int k = 0; k < 3; k++)
		w[k] += g[k];
	return true;
}

struct fl_platt fl_platt_fit(const struct fl_outcome *rows, int n, struct fl_platt start)
{
	double w[3] = { 0, 0, 0 }, right = 0, wrong = 0;

	for (int i = 0; i < n; i++) {
		if (rows[i].right)
			right += rows[i].weight;
		else
			wrong += rows[i].weight;
	}
	if (n < FL_CALIBRATE_MIN || right < 5 || wrong < 3)
		return start;
	for (int i = 0; i < STEPS; i++)
		if (!newton(rows, n, (right + 1) / (right + 2), 1 / (wrong + 2), w) || !isfinite(w[0] + w[1] + w[2]))
			return start;
	/* More margin never means less sure. */
	return w[0] > 0 ? (struct fl_platt){ w[0], w[1], w[2] } : start;
}

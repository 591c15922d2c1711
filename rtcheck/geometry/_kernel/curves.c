/* A tally of volumes by dose -> the curve of volume that receives at least each dose (twin of cumulative in
 * dosimetry/histogram.py). */
#include <math.h>

#include "kernel.h"

/* `change` and `step` (count + 1,), the first edge `first` * `width_gy`. An edge with a step occurs twice. Doses and
 * volumes have `room`; how many were made, -1 where they do not fit. */
int64_t rt_cumulated(int64_t count, const double *change, const double *step, double first, double width_gy,
                     int64_t room, double *dose_gy, double *volume) {
    double density = 0, spread = 0, stepped = 0, total, lowest = INFINITY;
    for (int64_t i = 0; i <= count; i++) { /* spread: the volume below edge i that lies on no edge */
        stepped += step[i];
        if (i < count) density += change[i], spread += density;
    }
    total = spread + stepped - step[count] + step[count];
    density = spread = stepped = 0;
    int64_t n = 0;
    for (int64_t i = 0; i <= count; i++) {
        double edge = (first + (double)i) * width_gy;
        stepped += step[i];
        double above = total - (spread + stepped - step[i]);
        double at_least = above > 0 ? above : 0;
        if (n + 2 > room) return -1;
        lowest = at_least < lowest ? at_least : lowest;
        dose_gy[n] = edge, volume[n++] = lowest;
        if (step[i] > 0) {
            double rest = at_least - step[i] > 0 ? at_least - step[i] : 0;
            lowest = rest < lowest ? rest : lowest;
            dose_gy[n] = nextafter(edge, INFINITY), volume[n++] = lowest;
        }
        if (i < count) density += change[i], spread += density;
    }
    return n;
}

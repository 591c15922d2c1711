(() => {
'use strict';
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
document.documentElement.classList.add('js');

const only = document.getElementById('only'), rows = all('.cmp tbody tr');
only.onchange = () => rows.slice(0, -1).forEach(row => row.hidden = only.checked && !row.classList.contains('differs'));

// Pointing at a plot reads the curves there; their numbers are in their paths.
all('.plots figure').forEach(figure => {
  const plot = figure.querySelector('svg.bandplot'), line = plot.querySelector('.cur'), told = figure.querySelector('.read');
  const [end, width, height] = ['end', 'width', 'height'].map(name => +plot.dataset[name]);
  const curves = all('path.curve', plot).map(path => ({
    place: told.querySelector('[data-n=' + path.dataset.n + ']'),
    points: path.getAttribute('d').slice(1).split(' ').map(pair => pair.split(',').map(Number)),
  }));
  const volumeAt = (points, x) => {
    const next = points.findIndex(point => point[0] >= x);
    if (next < 0) return 0;
    const [x1, y1] = points[next], [x0, y0] = points[Math.max(next - 1, 0)];
    return 100 * (1 - (x1 > x0 ? y0 + (y1 - y0) * (x - x0) / (x1 - x0) : y1) / height);
  };
  plot.onpointermove = event => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.getScreenCTM().inverse());
    const x = Math.min(width, Math.max(0, point.x));
    line.setAttribute('x1', x);
    line.setAttribute('x2', x);
    line.classList.remove('off');
    told.classList.add('on');
    const unit = plot.dataset.unit, dose = unit == 'cGy' ? (x / width * end * 100).toFixed(0) : (x / width * end).toFixed(1);
    curves.forEach(curve => {
      curve.place.querySelector('b').textContent = `${volumeAt(curve.points, x).toFixed(1)} % at ${dose} ${unit}`;
    });
  };
  plot.onpointerleave = () => { line.classList.add('off'); told.classList.remove('on'); };
});
})();

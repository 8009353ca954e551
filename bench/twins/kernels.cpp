// The twins' C++ side: reads a twin's columns, times its loop over the elements, writes the results.
//
//     kernels NAME INPUT OUTPUT REPEATS ELEMENTS     prints the milliseconds of the fastest of so many runs
//
// INPUT holds arrays one after the other, each an int64 count and then 8-byte items; OUTPUT one such array.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

template <typename T> using Array = std::vector<T>;

class Input {
public:
    explicit Input(const char* path) : file_(std::fopen(path, "rb")) {
        if (!file_) std::abort();
    }
    ~Input() { std::fclose(file_); }
    template <typename T> Array<T> take() {
        static_assert(sizeof(T) == 8);
        int64_t count = 0;
        if (std::fread(&count, 8, 1, file_) != 1) std::abort();
        Array<T> items(static_cast<size_t>(count));
        if (std::fread(items.data(), 8, items.size(), file_) != items.size()) std::abort();
        return items;
    }

private:
    std::FILE* file_;
};

struct Result {
    std::vector<uint64_t> words;
    template <typename T> void put(size_t at, T value) { std::memcpy(&words[at], &value, 8); }
};

using Run = std::function<void(Result&)>;

Run nbody(Input& in, size_t& width) {
    auto systems = in.take<double>();
    auto steps = in.take<int64_t>()[0];
    width = 18;
    return [=](Result& out) {
        const double m0 = 39.47841760435743, m1 = 0.03769367487038949, m2 = 0.011286326131968767, dt = 0.01;
        for (size_t i = 0; i < systems.size() / 18; ++i) {
            const double* s = &systems[18 * i];
            double x0 = s[0], y0 = s[1], z0 = s[2], x1 = s[3], y1 = s[4], z1 = s[5], x2 = s[6], y2 = s[7], z2 = s[8];
            double u0 = s[9], v0 = s[10], w0 = s[11], u1 = s[12], v1 = s[13], w1 = s[14], u2 = s[15], v2 = s[16],
                   w2 = s[17];
            for (int64_t step = 0; step < steps; ++step) {
                double dx = x0 - x1, dy = y0 - y1, dz = z0 - z1;
                double square = dx * dx + dy * dy + dz * dz, magnitude = dt / (square * std::sqrt(square));
                u0 -= dx * m1 * magnitude, v0 -= dy * m1 * magnitude, w0 -= dz * m1 * magnitude;
                u1 += dx * m0 * magnitude, v1 += dy * m0 * magnitude, w1 += dz * m0 * magnitude;
                dx = x0 - x2, dy = y0 - y2, dz = z0 - z2;
                square = dx * dx + dy * dy + dz * dz, magnitude = dt / (square * std::sqrt(square));
                u0 -= dx * m2 * magnitude, v0 -= dy * m2 * magnitude, w0 -= dz * m2 * magnitude;
                u2 += dx * m0 * magnitude, v2 += dy * m0 * magnitude, w2 += dz * m0 * magnitude;
                dx = x1 - x2, dy = y1 - y2, dz = z1 - z2;
                square = dx * dx + dy * dy + dz * dz, magnitude = dt / (square * std::sqrt(square));
                u1 -= dx * m2 * magnitude, v1 -= dy * m2 * magnitude, w1 -= dz * m2 * magnitude;
                u2 += dx * m1 * magnitude, v2 += dy * m1 * magnitude, w2 += dz * m1 * magnitude;
                x0 += dt * u0, y0 += dt * v0, z0 += dt * w0;
                x1 += dt * u1, y1 += dt * v1, z1 += dt * w1;
                x2 += dt * u2, y2 += dt * v2, z2 += dt * w2;
            }
            const double all[18] = {x0, y0, z0, x1, y1, z1, x2, y2, z2, u0, v0, w0, u1, v1, w1, u2, v2, w2};
            std::memcpy(&out.words[18 * i], all, sizeof all);
        }
    };
}

Run spectral(Input& in, size_t&) {
    auto rows = in.take<int64_t>();
    auto starts = in.take<int64_t>();
    auto values = in.take<double>();
    return [=](Result& out) {
        for (size_t i = 0; i < rows.size(); ++i) {
            double total = 0.0;
            const double* vector = &values[static_cast<size_t>(starts[i])];
            const int64_t count = starts[i + 1] - starts[i], row = rows[i];
            for (int64_t j = 0; j < count; ++j)
                total += vector[j] / static_cast<double>((row + j) * (row + j + 1) / 2 + row + 1);
            out.put(i, total);
        }
    };
}

Run mandelbrot(Input& in, size_t&) {
    auto xs = in.take<double>();
    auto ys = in.take<double>();
    auto limit = in.take<int64_t>()[0];
    return [=](Result& out) {
        for (size_t k = 0; k < xs.size(); ++k) {
            double a = 0.0, b = 0.0;
            int64_t i = 0;
            for (; i < limit; ++i) {
                const double aa = a * a, bb = b * b;
                if (aa + bb > 4.0) break;
                b = 2.0 * a * b + ys[k];
                a = aa - bb + xs[k];
            }
            out.put(k, i);
        }
    };
}

Run black_scholes(Input& in, size_t& width) {
    auto spots = in.take<double>();
    auto strikes = in.take<double>();
    auto terms = in.take<double>();
    const double rate = in.take<double>()[0], volatility = in.take<double>()[0];
    width = 2;
    return [=](Result& out) {
        for (size_t i = 0; i < spots.size(); ++i) {
            const double spot = spots[i], strike = strikes[i], years = terms[i];
            const double spread = volatility * std::sqrt(years);
            const double d1 = (std::log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread;
            const double d2 = d1 - spread, discount = std::exp(-rate * years);
            const double c1 = 0.5 * std::erfc(-d1 / std::sqrt(2.0)), c2 = 0.5 * std::erfc(-d2 / std::sqrt(2.0));
            const double call = spot * c1 - strike * discount * c2;
            out.put(2 * i, call);
            out.put(2 * i + 1, call - spot + strike * discount);
        }
    };
}

std::vector<std::string> take_words(Input& in) {
    const auto starts = in.take<int64_t>();
    const auto letters = in.take<int64_t>();
    std::vector<std::string> words(starts.size() - 1);
    for (size_t i = 0; i < words.size(); ++i)
        words[i].assign(&letters[static_cast<size_t>(starts[i])], &letters[static_cast<size_t>(starts[i + 1])]);
    return words;
}

int64_t distance(std::string_view first, std::string_view second) {
    std::vector<int64_t> previous(second.size() + 1), current;
    for (size_t j = 0; j < previous.size(); ++j)
        previous[j] = static_cast<int64_t>(j);
    for (size_t i = 0; i < first.size(); ++i) {
        current.clear();
        current.push_back(static_cast<int64_t>(i) + 1);
        for (size_t j = 0; j < second.size(); ++j) {
            const int64_t cost = first[i] == second[j] ? previous[j] : previous[j] + 1;
            current.push_back(std::min({cost, previous[j + 1] + 1, current[j] + 1}));
        }
        std::swap(previous, current);
    }
    return previous[second.size()];
}

Run levenshtein(Input& in, size_t&) {
    auto first = take_words(in);
    auto second = take_words(in);
    return [=](Result& out) {
        for (size_t i = 0; i < first.size(); ++i)
            out.put(i, distance(first[i], second[i]));
    };
}

struct Vector {
    double x, y, z;
    Vector plus(Vector o) const { return {x + o.x, y + o.y, z + o.z}; }
    Vector minus(Vector o) const { return {x - o.x, y - o.y, z - o.z}; }
    Vector times(double f) const { return {x * f, y * f, z * f}; }
    double dot(Vector o) const { return x * o.x + y * o.y + z * o.z; }
    Vector unit() const { return times(1.0 / std::sqrt(dot(*this))); }
};

struct Sphere {
    Vector centre;
    double radius, grey;
    double hit(Vector origin, Vector direction) const {
        const Vector to_centre = centre.minus(origin);
        const double along = to_centre.dot(direction);
        const double left = radius * radius - (to_centre.dot(to_centre) - along * along);
        if (left < 0.0) return -1.0;
        const double near = along - std::sqrt(left);
        return near > 1e-9 ? near : -1.0;
    }
};

double trace(double x, double y) {
    const Sphere first{{-0.6, 0.2, 3.0}, 0.8, 0.9}, second{{0.8, -0.1, 2.4}, 0.5, 0.6};
    const Vector lamp{-2.0, 4.0, -1.0};
    Vector origin{0.0, 0.0, -1.0}, direction = Vector{x, y, 1.5}.unit();
    double light = 0.0, weight = 1.0;
    for (int bounce = 0; bounce < 3; ++bounce) {
        double near = 1e30;
        bool hit_first = false, found = false;
        double away = first.hit(origin, direction);
        if (away > 0.0) near = away, hit_first = true, found = true;
        away = second.hit(origin, direction);
        if (away > 0.0 && away < near) near = away, hit_first = false, found = true;
        if (!found) {
            if (direction.y >= 0.0) return light + weight * 0.3 * (1.0 - direction.y);
            const Vector point = origin.plus(direction.times((-0.6 - origin.y) / direction.y));
            const auto sum = static_cast<int64_t>(std::floor(point.x)) + static_cast<int64_t>(std::floor(point.z));
            return light + weight * (sum % 2 == 0 ? 0.2 : 0.7);
        }
        const Vector point = origin.plus(direction.times(near));
        const Sphere& ball = hit_first ? first : second;
        const Vector normal = point.minus(ball.centre).unit(), to_lamp = lamp.minus(point).unit();
        const double shade = std::max(normal.dot(to_lamp), 0.0);
        light += weight * 0.5 * ball.grey * shade;
        weight *= 0.5 * ball.grey;
        origin = point;
        direction = direction.minus(normal.times(2.0 * direction.dot(normal)));
    }
    return light;
}

Run ray_tracer(Input& in, size_t&) {
    auto xs = in.take<double>();
    auto ys = in.take<double>();
    return [=](Result& out) {
        for (size_t i = 0; i < xs.size(); ++i)
            out.put(i, trace(xs[i], ys[i]));
    };
}

Run neighbours(Input& in, size_t&) {
    auto places = in.take<int64_t>();
    auto heights = in.take<double>();
    const auto height = [=](int64_t i) {
        const auto size = static_cast<int64_t>(heights.size());
        const int64_t place = i < 0 ? i + size : i;
        if (place < 0 || place >= size) std::abort();
        return heights[static_cast<size_t>(place)];
    };
    return [=](Result& out) {
        for (size_t e = 0; e < places.size(); ++e)
            out.put(e, (height(places[e] - 1) + height(places[e]) + height(places[e] + 1)) / 3.0);
    };
}

Run potential(Input& in, size_t&) {
    auto xs = in.take<double>();
    auto ys = in.take<double>();
    auto zs = in.take<double>();
    auto bodies = in.take<double>();
    return [=](Result& out) {
        for (size_t e = 0; e < xs.size(); ++e) {
            double total = 0.0;
            for (size_t i = 0; i < bodies.size(); i += 4) {
                const double dx = bodies[i] - xs[e], dy = bodies[i + 1] - ys[e], dz = bodies[i + 2] - zs[e];
                total += bodies[i + 3] / std::sqrt(dx * dx + dy * dy + dz * dz + 0.01);
            }
            out.put(e, total);
        }
    };
}

Run price(Input& in, size_t&) {
    auto numbers = in.take<int64_t>();
    auto keys = in.take<int64_t>();
    auto values = in.take<double>();
    std::unordered_map<int64_t, double> prices;
    for (size_t i = 0; i < keys.size(); ++i)
        prices[keys[i]] = values[i];
    return [=](Result& out) {
        for (size_t e = 0; e < numbers.size(); ++e) {
            const auto found = prices.find(numbers[e]);
            out.put(e, found == prices.end() ? 0.0 : found->second);
        }
    };
}

}  // namespace

int main(int count, char** arguments) {
    const std::map<std::string, Run (*)(Input&, size_t&)> twins = {
        {"nbody", nbody},
        {"spectral", spectral},
        {"mandelbrot", mandelbrot},
        {"levenshtein", levenshtein},
        {"black_scholes", black_scholes},
        {"trace", ray_tracer},
        {"neighbours", neighbours},
        {"potential", potential},
        {"price", price},
    };
    if (count != 6) return 2;
    Input input(arguments[2]);
    size_t width = 1;
    const Run run = twins.at(arguments[1])(input, width);
    Result result{std::vector<uint64_t>(width * std::strtoull(arguments[5], nullptr, 10))};
    double best = 1e300;
    for (int i = 0; i < std::atoi(arguments[4]); ++i) {
        const auto start = std::chrono::steady_clock::now();
        run(result);
        best =
            std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::FILE* output = std::fopen(arguments[3], "wb");
    if (!output || std::fwrite(result.words.data(), 8, result.words.size(), output) != result.words.size()) return 1;
    std::fclose(output);
    std::printf("%.4f\n", best);
    return 0;
}

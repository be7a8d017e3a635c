using System.Text;
using Cairn.Solver.Execution;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

public sealed class OutputLimiterTests
{
    private readonly StringBuilder _passed = new();
    private readonly ManualClock _clock = new();

    [Fact]
    public void Output_within_the_limits_passes()
    {
        Write(Limiter(new LogLimits(10, -1)), "0123456789");

        Assert.Equal("0123456789", _passed.ToString());
    }

    [Fact]
    public void Output_beyond_the_total_is_clipped_with_one_remark()
    {
        OutputLimiter limiter = Limiter(new LogLimits(2 << 20, -1));
        Write(limiter, new string('a', 2 << 20));
        Write(limiter, "b");
        Write(limiter, "c");

        Assert.Equal("[output clipped, log limit 2MiB reached]\n", _passed.ToString()[(2 << 20)..]);
        limiter.FlushKept();
        Assert.EndsWith("reached]\nbc", _passed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Output_that_is_too_fast_is_clipped_and_goes_on_when_there_was_time()
    {
        OutputLimiter limiter = Limiter(new LogLimits(-1, 10));
        Write(limiter, "0123456789");
        Write(limiter, "x");
        Assert.Equal("0123456789[output clipped, log limit 10B/s reached]\n", _passed.ToString());

        _clock.Advance(TimeSpan.FromSeconds(5));
        Write(limiter, "y");

        Assert.EndsWith("\ny", _passed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_end_of_what_was_held_back_is_kept()
    {
        OutputLimiter limiter = Limiter(new LogLimits(0, -1));
        for (int i = 0; i < 300; i++)
        {
            Write(limiter, new string((char)('a' + i % 26), 1024));
        }

        int clipped = _passed.Length;
        limiter.FlushKept();

        Assert.Equal(256 << 10, _passed.Length - clipped);
        Assert.EndsWith(new string((char)('a' + 299 % 26), 1024), _passed.ToString(), StringComparison.Ordinal);
        Assert.Equal((char)('a' + 44 % 26), _passed[clipped]);
    }

    private static void Write(OutputLimiter limiter, string text) => limiter.Write(Encoding.UTF8.GetBytes(text));

    private OutputLimiter Limiter(LogLimits limits) => new(limits, _clock, bytes => _passed.Append(Encoding.UTF8.GetString(bytes.Span)));

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}

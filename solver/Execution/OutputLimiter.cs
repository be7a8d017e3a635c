using System.Globalization;
using System.Text;

namespace Cairn.Solver.Execution;

/// <summary>Passes one stream on until it exceeds its limits, and keeps the end of what it held back.</summary>
/// <remarks>Not thread safe: one stream has one reader.</remarks>
internal sealed class OutputLimiter
{
    private const int KeptBytes = 256 << 10;

    private readonly LogLimits _limits;
    private readonly TimeProvider _clock;
    private readonly long _started;
    private readonly Action<ReadOnlyMemory<byte>> _sink;
    private byte[] _kept = [];   // a ring once it is full
    private int _keptStart;
    private int _keptCount;
    private long _seen;
    private bool _clipping;

    /// <summary>Starts the clock.</summary>
    public OutputLimiter(LogLimits limits, TimeProvider clock, Action<ReadOnlyMemory<byte>> sink)
    {
        (_limits, _clock, _sink) = (limits, clock, sink);
        _started = clock.GetTimestamp();
    }

    /// <summary>Passes on what the limits allow.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        (long allowed, bool bySpeed) = Allowed();
        int passed = allowed < 0 ? bytes.Length : (int)Math.Clamp(allowed - _seen, 0, bytes.Length);
        _seen += bytes.Length;
        if (passed > 0)
        {
            _clipping = false;
            _sink(bytes[..passed].ToArray());
        }

        if (passed == bytes.Length)
        {
            return;
        }

        if (!_clipping)
        {
            _clipping = true;
            string limit = bySpeed ? $"{Size(_limits.MaxBytesPerSecond)}/s" : Size(_limits.MaxBytes);
            _sink(Encoding.UTF8.GetBytes($"[output clipped, log limit {limit} reached]\n"));
        }

        Keep(bytes[passed..]);
    }

    /// <summary>Passes on the end of what was held back; for a step that failed.</summary>
    public void FlushKept()
    {
        if (_keptCount == 0)
        {
            return;
        }

        byte[] end = new byte[_keptCount];
        for (int i = 0; i < end.Length; i++)
        {
            end[i] = _kept[(_keptStart + i) % _kept.Length];
        }

        (_keptStart, _keptCount) = (0, 0);
        _sink(end);
    }

    private (long Allowed, bool BySpeed) Allowed()
    {
        long allowed = -1;
        bool bySpeed = false;
        if (_limits.MaxBytesPerSecond >= 0)
        {
            double seconds = _clock.GetElapsedTime(_started).TotalSeconds;
            allowed = Math.Max(1, (long)Math.Ceiling(seconds)) * _limits.MaxBytesPerSecond;
            bySpeed = true;
        }

        return _limits.MaxBytes >= 0 && (allowed < 0 || allowed >= _limits.MaxBytes) ? (_limits.MaxBytes, false) : (allowed, bySpeed);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_kept.Length == 0)
        {
            _kept = new byte[KeptBytes];
        }

        foreach (byte b in bytes[Math.Max(0, bytes.Length - KeptBytes)..])
        {
            _kept[(_keptStart + _keptCount) % KeptBytes] = b;
            if (_keptCount < KeptBytes)
            {
                _keptCount++;
            }
            else
            {
                _keptStart = (_keptStart + 1) % KeptBytes;
            }
        }
    }

    private static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return value.ToString("0.##", CultureInfo.InvariantCulture) + units[unit];
    }
}

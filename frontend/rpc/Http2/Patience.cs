namespace Cairn.Rpc.Http2;

/// <summary>How many frames that cost work and move nothing a peer may still send: a bucket that fills with time and with real traffic.</summary>
/// <remarks>Owned by the reading loop; <see cref="Reward"/> may come from any thread, a lost one does not matter.</remarks>
internal sealed class Patience(TimeProvider clock)
{
    // A peer that estimates bandwidth pings once per burst of data, and a build that is cancelled resets hundreds of streams at once.
    private const double Most = 10_000;
    private const double PerSecond = 1_000;

    private double _left = Most;
    private long _last = clock.GetTimestamp();

    /// <summary>Pays for one such frame.</summary>
    /// <exception cref="Http2ConnectionException">The peer sends too many of them.</exception>
    public void Spend(int cost)
    {
        if (_left < cost)
        {
            long now = clock.GetTimestamp();
            _left = Math.Min(Most, _left + (clock.GetElapsedTime(_last, now).TotalSeconds * PerSecond));
            _last = now;
            if (_left < cost)
            {
                throw new Http2ConnectionException(Http2ErrorCode.EnhanceYourCalm, "the peer sends too many frames that carry nothing");
            }
        }

        _left -= cost;
    }

    /// <summary>Real data has moved.</summary>
    public void Reward() => _left = Math.Min(Most, _left + 1);
}

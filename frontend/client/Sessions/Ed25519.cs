using System.Numerics;
using System.Security.Cryptography;

namespace Cairn.Client.Sessions;

/// <summary>Signatures by which a daemon knows a client again whose login it must not see. The framework has none of this kind.</summary>
/// <remarks>
/// Source: RFC 8032, section 5.1. Written for a few signatures a build, not for secrets that others can time: the key is made anew from a
/// random seed of the client's process.
/// </remarks>
internal static class Ed25519
{
    /// <summary>Bytes of a seed and of a public key.</summary>
    public const int KeySize = 32;

    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly BigInteger D = Modulo(-121665 * Invert(121666));
    private static readonly BigInteger RootOfMinusOne = BigInteger.ModPow(2, (P - 1) / 4, P);
    private static readonly Point Base = AtHeight(Modulo(4 * Invert(5)));

    /// <summary>The public key of a seed.</summary>
    public static byte[] PublicKey(ReadOnlySpan<byte> seed) => Encode(Multiply(Base, Secret(seed).Scalar));

    /// <summary>Signs a message.</summary>
    /// <param name="seed">32 random bytes.</param>
    /// <param name="message">Any bytes.</param>
    /// <returns>64 bytes.</returns>
    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message)
    {
        (BigInteger scalar, byte[] prefix) = Secret(seed);
        byte[] key = Encode(Multiply(Base, scalar));
        BigInteger nonce = Hash(prefix, message, default);
        byte[] point = Encode(Multiply(Base, nonce));
        BigInteger answer = (nonce + (Hash(point, key, message) * scalar)) % L;
        return [.. point, .. Bytes(answer)];
    }

    private static (BigInteger Scalar, byte[] Prefix) Secret(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != KeySize)
        {
            throw new ArgumentException($"a seed has {KeySize} bytes", nameof(seed));
        }

        byte[] hash = SHA512.HashData(seed);
        hash[0] &= 0xF8;
        hash[31] = (byte)((hash[31] & 0x7F) | 0x40);
        return (new BigInteger(hash.AsSpan(0, KeySize), isUnsigned: true), hash[KeySize..]);
    }

    private static BigInteger Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        sha.AppendData(first);
        sha.AppendData(second);
        sha.AppendData(third);
        return new BigInteger(sha.GetHashAndReset(), isUnsigned: true) % L;
    }

    private static Point Multiply(Point point, BigInteger scalar)
    {
        var sum = new Point(0, 1, 1, 0);
        for (; !scalar.IsZero; scalar >>= 1)
        {
            sum = scalar.IsEven ? sum : Add(sum, point);
            point = Add(point, point);
        }

        return sum;
    }

    private static Point Add(Point left, Point right)
    {
        BigInteger a = Modulo((left.Y - left.X) * (right.Y - right.X));
        BigInteger b = Modulo((left.Y + left.X) * (right.Y + right.X));
        BigInteger c = Modulo(2 * left.T * right.T * D);
        BigInteger d = Modulo(2 * left.Z * right.Z);
        BigInteger e = b - a, f = d - c, g = d + c, h = b + a;
        return new Point(Modulo(e * f), Modulo(g * h), Modulo(f * g), Modulo(e * h));
    }

    private static byte[] Encode(Point point)
    {
        BigInteger inverse = Invert(point.Z);
        byte[] bytes = Bytes(Modulo(point.Y * inverse));
        bytes[31] |= (byte)(Modulo(point.X * inverse).IsEven ? 0 : 0x80);
        return bytes;
    }

    // The point of this y whose x is even.
    private static Point AtHeight(BigInteger y)
    {
        BigInteger square = Modulo(((y * y) - 1) * Invert((D * y * y) + 1));
        BigInteger x = BigInteger.ModPow(square, (P + 3) / 8, P);
        x = Modulo((x * x) - square).IsZero ? x : Modulo(x * RootOfMinusOne);
        x = x.IsEven ? x : P - x;
        return new Point(x, y, 1, Modulo(x * y));
    }

    private static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = new byte[KeySize];
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static BigInteger Modulo(BigInteger value)
    {
        BigInteger rest = value % P;
        return rest.Sign < 0 ? rest + P : rest;
    }

    private static BigInteger Invert(BigInteger value) => BigInteger.ModPow(Modulo(value), P - 2, P);

    /// <summary>x = X/Z, y = Y/Z, xy = T/Z.</summary>
    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T);
}

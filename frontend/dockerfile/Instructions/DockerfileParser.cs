using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Reads a Dockerfile into stages.</summary>
internal static class DockerfileParser
{
    /// <exception cref="Cairn.Llb.BuildException">The file is wrong; the error names file, line and text.</exception>
    public static ParsedDockerfile Parse(SourceText source)
    {
        InstructionText? current = null;
        try
        {
            DockerfileLines lines = DockerfileReader.Read(source);
            var globals = new List<ArgInstruction>();
            var stages = new List<Stage>();
            var parser = new InstructionParser(lines.Directives.Escape);
            foreach (InstructionText text in lines.Instructions)
            {
                current = text;
                if (text.Keyword == "from")
                {
                    stages.Add(InstructionParser.ParseFrom(text));
                    continue;
                }
                Instruction instruction = parser.Parse(text);
                if (stages.Count > 0)
                {
                    stages[^1].Instructions.Add(instruction);
                }
                else if (instruction is ArgInstruction argument)
                {
                    globals.Add(argument);
                }
                else
                {
                    throw new SyntaxFault("no build stage in current context");
                }
            }
            if (stages.Count == 0)
            {
                throw new SyntaxFault("file has no FROM instruction, so no build stage");
            }
            return new ParsedDockerfile(source, lines, globals, stages);
        }
        catch (SyntaxFault fault)
        {
            throw DockerfileErrors.Parse(source, fault.Lines ?? current?.Lines, fault.Message, fault);
        }
    }
}

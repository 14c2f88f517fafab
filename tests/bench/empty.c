/* A program that does nothing, with the tool's own links: what starting the process costs. */
int main(void)
{
    return 0;
}
